/* The SysTick interrupt: the only clock of the firmware. */
#include "tick.h"

#include "board.h"

static volatile uint32_t ticks;

void tick_start(void) {
  SYSTICK->reload = BOARD_CLOCK_HZ / TICKS_PER_SECOND - 1;
  SYSTICK->value = 0;
  SYSTICK->control = SYSTICK_CONTROL_ENABLE | SYSTICK_CONTROL_INTERRUPT | SYSTICK_CONTROL_CPU_CLOCK;
}

void tick_handler(void) {
  ticks++;
}

uint32_t tick_count(void) {
  return ticks;
}

/* The board's watchdog: its first expiry raises NMI, its second resets. */
#include "watchdog.h"

#include "board.h"

/* Long, for an emulator on a busy host may stand still for seconds. */
#define WATCHDOG_SECONDS 30u

static uint32_t feeds;

void watchdog_start(void) {
  WATCHDOG->load = BOARD_CLOCK_HZ * WATCHDOG_SECONDS;
  WATCHDOG->control = WATCHDOG_CONTROL_INTERRUPT | WATCHDOG_CONTROL_RESET;
}

uint32_t watchdog_feed(void) {
  WATCHDOG->interrupt_clear = 1;
  return ++feeds;
}

/* Vector table and the way from reset to main (Armv7-M: initial stack pointer, then one address per exception). */
#include <stdint.h>

#include "board.h"
#include "console.h"
#include "tick.h"

extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];

int main(void);

void reset_handler(void) {
  const uint32_t *from = data_load;
  for (uint32_t *to = data_start; to < data_end;) *to++ = *from++;
  for (uint32_t *to = bss_start; to < bss_end;) *to++ = 0;
  main();
  for (;;) __asm volatile("wfi");
}

/* A fault has no way back: say so once and stand still. A running watchdog then resets the board. */
static void fault_handler(void) {
  console_write("sumac-fixture fault\r\n");
  for (;;) __asm volatile("wfi");
}

union vector {
  uint32_t *stack;
  void (*handler)(void);
};

__attribute__((section(".vectors"), used)) static const union vector vectors[16] = {
    [0] = {.stack = stack_top},
    [1] = {.handler = reset_handler},
    [2] = {.handler = fault_handler},  /* NMI: the watchdog's first, warning expiry */
    [3] = {.handler = fault_handler},  /* HardFault */
    [4] = {.handler = fault_handler},  /* MemManage */
    [5] = {.handler = fault_handler},  /* BusFault */
    [6] = {.handler = fault_handler},  /* UsageFault */
    [11] = {.handler = fault_handler}, /* SVCall */
    [12] = {.handler = fault_handler}, /* DebugMonitor */
    [14] = {.handler = fault_handler}, /* PendSV */
    [15] = {.handler = tick_handler},
};

/*
 * The board: Arm MPS2 with the AN385 image (Cortex-M3), as QEMU's machine mps2-an385 models it.
 * Register names and offsets: Cortex-M System Design Kit Technical Reference Manual; Armv7-M Architecture Reference Manual
 * (SysTick).
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

#define BOARD_CLOCK_HZ 25000000u

struct uart {
  volatile uint32_t data;
  volatile uint32_t state;
  volatile uint32_t control;
  volatile uint32_t interrupt;
  volatile uint32_t baud_divider;
};
#define UART0 ((struct uart *)0x40004000u)
#define UART_STATE_TX_FULL (1u << 0)
#define UART_STATE_RX_FULL (1u << 1)
#define UART_CONTROL_TX_ENABLE (1u << 0)
#define UART_CONTROL_RX_ENABLE (1u << 1)

struct watchdog_block {
  volatile uint32_t load;
  volatile uint32_t value;
  volatile uint32_t control;
  volatile uint32_t interrupt_clear;
};
#define WATCHDOG ((struct watchdog_block *)0x40008000u)
#define WATCHDOG_CONTROL_INTERRUPT (1u << 0)
#define WATCHDOG_CONTROL_RESET (1u << 1)

struct systick {
  volatile uint32_t control;
  volatile uint32_t reload;
  volatile uint32_t value;
};
#define SYSTICK ((struct systick *)0xE000E010u)
#define SYSTICK_CONTROL_ENABLE (1u << 0)
#define SYSTICK_CONTROL_INTERRUPT (1u << 1)
#define SYSTICK_CONTROL_CPU_CLOCK (1u << 2)

#endif

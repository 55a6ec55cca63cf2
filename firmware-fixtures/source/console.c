/* Text on UART0, polled: the console must also work inside a fault handler. */
#include "console.h"

#include "board.h"

#define CONSOLE_BAUD 115200u

void console_open(void) {
  UART0->baud_divider = BOARD_CLOCK_HZ / CONSOLE_BAUD;
  UART0->control = UART_CONTROL_TX_ENABLE;
}

static void put(char character) {
  while (UART0->state & UART_STATE_TX_FULL) {
  }
  UART0->data = (uint8_t)character;
}

void console_write(const char *text) {
  while (*text) put(*text++);
}

void console_write_hex(uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4) put("0123456789abcdef"[(value >> shift) & 0xf]);
}

static void put_decimal(uint32_t value, unsigned least_digits) {
  char digits[10];
  unsigned count = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value || count < least_digits);
  while (count) put(digits[--count]);
}

void console_write_decimal(uint32_t value) {
  put_decimal(value, 1);
}

void console_write_thousandths(uint32_t thousandths) {
  put_decimal(thousandths / 1000, 1);
  put('.');
  put_decimal(thousandths % 1000, 3);
}

#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdint.h>

void console_open(void);
void console_write(const char *text);
/* Eight hexadecimal digits. */
void console_write_hex(uint32_t value);
void console_write_decimal(uint32_t value);
/* `thousandths` of a unit with three decimals, e.g. 107794 as 107.794. */
void console_write_thousandths(uint32_t thousandths);

#endif

#ifndef SMP_CONSOLE_H
#define SMP_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

/* Length word, message and checksum of the longest packet. */
#define SMP_BUFFER_SIZE 512u

void smp_console_open(void);

/* Waits for the next whole message; what is damaged or too long is passed over. Returns its length. */
size_t smp_console_read(uint8_t *message);

/* `length` is at most SMP_BUFFER_SIZE - 4. */
void smp_console_write(const uint8_t *message, size_t length);

#endif

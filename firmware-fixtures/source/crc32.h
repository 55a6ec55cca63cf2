#ifndef CRC32_H
#define CRC32_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 as in IEEE 802.3: reflected polynomial 0xEDB88320, check value of "123456789" is 0xCBF43926. */
uint32_t crc32(const uint8_t *bytes, size_t length);

#endif

/* Table-driven CRC-32. */
#include "crc32.h"

#include "repeat.h"

/* The table is linear in its index, so its eight power-of-two entries give the other 248. */
#define BIT(i, bit, entry) ((i) & (bit) ? (entry) : 0u)
#define ENTRY(i)                                                                                               \
  (BIT(i, 0x80, 0xEDB88320u) ^ BIT(i, 0x40, 0x76DC4190u) ^ BIT(i, 0x20, 0x3B6E20C8u) ^ BIT(i, 0x10, 0x1DB71064u) ^ \
   BIT(i, 0x08, 0x0EDB8832u) ^ BIT(i, 0x04, 0x076DC419u) ^ BIT(i, 0x02, 0xEE0E612Cu) ^ BIT(i, 0x01, 0x77073096u))

static const uint32_t table[256] = {REPEAT_256(ENTRY, 0)};

uint32_t crc32(const uint8_t *bytes, size_t length) {
  uint32_t crc = 0xFFFFFFFFu;
  for (size_t i = 0; i < length; i++) crc = (crc >> 8) ^ table[(crc ^ bytes[i]) & 0xFF];
  return ~crc;
}

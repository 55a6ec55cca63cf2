/* SMP over a console: lines of base64 behind a marker, length in front, CRC-16 (XMODEM) behind. */
#include "smp-console.h"

#include "board.h"

#define LENGTH_BYTES 2u
#define CRC_BYTES 2u
/* Bytes of a packet on one line: 124 characters of base64, with marker and line feed 127. */
#define BYTES_PER_LINE 93u

enum { BASE64_INVALID = 64 };

static uint8_t packet[SMP_BUFFER_SIZE];

void smp_console_open(void) {
  UART0->control |= UART_CONTROL_RX_ENABLE;
}

static uint8_t get(void) {
  while (!(UART0->state & UART_STATE_RX_FULL)) {
  }
  return (uint8_t)UART0->data;
}

static void put(uint8_t byte) {
  while (UART0->state & UART_STATE_TX_FULL) {
  }
  UART0->data = byte;
}

static uint16_t crc16(const uint8_t *bytes, size_t length) {
  uint32_t crc = 0;
  for (size_t i = 0; i < length; i++) {
    crc ^= (uint32_t)bytes[i] << 8;
    for (int bit = 0; bit < 8; bit++) crc = crc & 0x8000u ? (crc << 1) ^ 0x1021u : crc << 1;
  }
  return (uint16_t)crc;
}

static uint32_t base64_value(uint8_t character) {
  if (character >= 'A' && character <= 'Z') return character - 'A';
  if (character >= 'a' && character <= 'z') return character - 'a' + 26u;
  if (character >= '0' && character <= '9') return character - '0' + 52u;
  return character == '+' ? 62u : character == '/' ? 63u : BASE64_INVALID;
}

/* Appends what the rest of a line says to the packet. Returns its new length; 0 where the line is no base64, or too much. */
static size_t read_line(size_t length) {
  uint32_t bits = 0;
  unsigned count = 0;
  unsigned padding = 0;
  int broken = 0;
  for (uint8_t character; (character = get()) != '\n';) {
    if (character == '\r') continue;
    if (character == '=') {
      padding++;
      continue;
    }
    uint32_t value = base64_value(character);
    if (value == BASE64_INVALID || padding) broken = 1;
    bits = bits << 6 | (value & 63u);
    if (++count % 4 == 1) continue;
    if (length == SMP_BUFFER_SIZE) broken = 1;
    if (!broken) packet[length++] = (uint8_t)(bits >> (6 - 2 * ((count - 1) % 4)));
  }
  return broken || padding > 2 || (count + padding) % 4 ? 0 : length;
}

static void copy(uint8_t *to, const uint8_t *from, size_t length) {
  while (length--) *to++ = *from++;
}

size_t smp_console_read(uint8_t *message) {
  size_t length = 0;
  for (uint8_t last = 0;;) {
    uint8_t byte = get();
    int begins = last == 0x06 && byte == 0x09;
    int goes_on = last == 0x04 && byte == 0x14;
    last = byte;
    if (!begins && !goes_on) continue;
    if (goes_on && !length) continue;
    length = read_line(begins ? 0 : length);
    last = 0;
    if (length < LENGTH_BYTES) continue;
    size_t announced = (size_t)packet[0] << 8 | packet[1];
    if (length < LENGTH_BYTES + announced) continue;
    int whole = length == LENGTH_BYTES + announced && announced >= CRC_BYTES && !crc16(packet + LENGTH_BYTES, announced);
    length = 0;
    if (!whole) continue;
    copy(message, packet + LENGTH_BYTES, announced - CRC_BYTES);
    return announced - CRC_BYTES;
  }
}

static void write_line(const uint8_t *bytes, size_t length) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t at = 0; at < length; at += 3) {
    size_t left = length - at;
    uint32_t bits = (uint32_t)bytes[at] << 16;
    if (left > 1) bits |= (uint32_t)bytes[at + 1] << 8;
    if (left > 2) bits |= bytes[at + 2];
    put((uint8_t)digits[bits >> 18]);
    put((uint8_t)digits[bits >> 12 & 63u]);
    put(left > 1 ? (uint8_t)digits[bits >> 6 & 63u] : '=');
    put(left > 2 ? (uint8_t)digits[bits & 63u] : '=');
  }
  put('\n');
}

void smp_console_write(const uint8_t *message, size_t length) {
  uint16_t crc = crc16(message, length);
  size_t announced = length + CRC_BYTES;
  packet[0] = (uint8_t)(announced >> 8);
  packet[1] = (uint8_t)announced;
  copy(packet + LENGTH_BYTES, message, length);
  packet[LENGTH_BYTES + length] = (uint8_t)(crc >> 8);
  packet[LENGTH_BYTES + length + 1] = (uint8_t)crc;
  size_t total = LENGTH_BYTES + announced;
  for (size_t at = 0; at < total; at += BYTES_PER_LINE) {
    put(at ? 0x04 : 0x06);
    put(at ? 0x14 : 0x09);
    write_line(packet + at, total - at < BYTES_PER_LINE ? total - at : BYTES_PER_LINE);
  }
}

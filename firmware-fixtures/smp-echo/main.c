/*
 * TEST ONLY: answers SMP on a real UART, and can do nothing else. Echo and parameters of the OS group, state of the image
 * group; everything else is "not supported". Nothing here judges or installs anything.
 */
#include "console.h"
#include "smp-console.h"

#define HEADER_LENGTH 8u
#define RESPONSE 1u
#define GROUP_OS 0u
#define GROUP_IMAGE 1u
#define OS_ECHO 0u
#define OS_PARAMETERS 6u
#define IMAGE_STATE 0u
#define OPERATION_READ 0u
#define OPERATION_WRITE 2u

/* Each is one CBOR map; the string's own end is not part of it. */
#define BODY(text) {(text), sizeof(text) - 1}
struct body {
  const char *bytes;
  size_t length;
};
/* {"buf_size": 512, "buf_count": 1} */
static const struct body parameters = BODY("\xa2\x68" "buf_size" "\x19\x02\x00" "\x69" "buf_count" "\x01");
/* {"images": [{"slot": 0, "version": "1.0.0", "bootable": true, "active": true, "confirmed": true}]}, lengths left open */
static const struct body state = BODY("\xbf\x66" "images" "\x9f\xbf\x64" "slot" "\x00\x67" "version" "\x65" "1.0.0"
                                      "\x68" "bootable" "\xf5\x66" "active" "\xf5\x69" "confirmed" "\xf5\xff\xff\xff");
/* {"rc": 3} and {"rc": 8} of mcumgr_err_t */
static const struct body invalid_value = BODY("\xa1\x62" "rc" "\x03");
static const struct body not_supported = BODY("\xa1\x62" "rc" "\x08");

static uint8_t message[SMP_BUFFER_SIZE];

static size_t answer_with(struct body body) {
  for (size_t i = 0; i < body.length; i++) message[HEADER_LENGTH + i] = (uint8_t)body.bytes[i];
  return body.length;
}

/* {"d": text} goes back as {"r": text}: one letter of the request is another one. */
static size_t echo(size_t body_length) {
  uint8_t *body = message + HEADER_LENGTH;
  if (body_length < 4 || body[0] != 0xa1 || body[1] != 0x61 || body[2] != 'd') return answer_with(invalid_value);
  body[2] = 'r';
  return body_length;
}

static size_t answer(size_t body_length) {
  uint32_t operation = message[0] & 7u;
  uint32_t group = (uint32_t)message[4] << 8 | message[5];
  uint32_t command = message[7];
  if (group == GROUP_OS && command == OS_ECHO && operation == OPERATION_WRITE) return echo(body_length);
  if (operation == OPERATION_READ && group == GROUP_OS && command == OS_PARAMETERS) return answer_with(parameters);
  if (operation == OPERATION_READ && group == GROUP_IMAGE && command == IMAGE_STATE) return answer_with(state);
  return answer_with(not_supported);
}

int main(void) {
  console_open();
  smp_console_open();
  console_write("sumac-fixture smp-echo TEST ONLY ready\r\n");
  for (;;) {
    size_t length = smp_console_read(message);
    if (length < HEADER_LENGTH || length - HEADER_LENGTH != ((size_t)message[2] << 8 | message[3])) continue;
    /* An answer is no question. */
    if (message[0] & RESPONSE) continue;
    size_t body_length = answer(length - HEADER_LENGTH);
    message[0] |= RESPONSE;
    message[2] = (uint8_t)(body_length >> 8);
    message[3] = (uint8_t)body_length;
    console_write("answers\r\n");
    smp_console_write(message, HEADER_LENGTH + body_length);
  }
}

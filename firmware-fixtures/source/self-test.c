/* What a device checks before it calls itself ready. */
#include "self-test.h"

#include "calibration.h"
#include "crc32.h"
#include "pt100.h"
#include "release.h"
#include "settings.h"
#include "sine.h"

extern const uint8_t code_end[];

static uint32_t cleared_word;

uint32_t self_test_code_length(void) {
  return (uint32_t)(uintptr_t)code_end;
}

uint32_t self_test_code_crc(void) {
  /* Code starts at address 0, which a compiler takes for a null pointer unless it cannot see the number. */
  uintptr_t code_start = 0;
  __asm volatile("" : "+r"(code_start));
  return crc32((const uint8_t *)code_start, self_test_code_length());
}

static int sine_is_whole(void) {
  if (sine_q15(0) != 0 || sine_q15(SINE_STEPS / 4) != 32767) return 0;
  for (uint32_t step = 0; step < SINE_STEPS / 2; step++) {
    if (sine_q15(step) != -sine_q15(step + SINE_STEPS / 2)) return 0;
  }
  return 1;
}

static int pt100_is_whole(void) {
  if (pt100_milliohm(0) != 100000 || pt100_milliohm(100) != 138506) return 0;
  for (int32_t celsius = PT100_LOWEST_CELSIUS; celsius < PT100_HIGHEST_CELSIUS; celsius++) {
    if (pt100_milliohm(celsius) >= pt100_milliohm(celsius + 1)) return 0;
  }
  return 1;
}

const char *self_test(void) {
  volatile const struct settings *initial = &settings;
  if (initial->mark != SETTINGS_MARK) return "data";
  if (*(volatile uint32_t *)&cleared_word != 0) return "bss";
  if (calibration.magic != CALIBRATION_MAGIC || calibration.channels != RELEASE_CHANNELS) return "calibration";
  if (!sine_is_whole()) return "sine";
  if (!pt100_is_whole()) return "pt100";
#if RELEASE_HAS_IMAGE_CRC
  if (crc32((const uint8_t *)"123456789", 9) != 0xCBF43926u) return "crc32";
#endif
  return 0;
}

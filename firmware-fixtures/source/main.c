/* A remote terminal unit reduced to one measurement: it says who it is, then samples a simulated thermometer. */
#include "calibration.h"
#include "console.h"
#include "pt100.h"
#include "release.h"
#include "self-test.h"
#include "settings.h"
#include "sine.h"
#include "tick.h"
#include "watchdog.h"

#define FEEDS_BEFORE_REPORT 5u

static int32_t measured_millicelsius;

/* A process that swings around 25 degrees by 10, read through the thermometer's resistance like the real input. */
static int32_t sample(uint32_t step) {
  int32_t celsius = 25 + sine_q15(step) * 10 / 32767;
  return pt100_millicelsius(calibration_apply(settings.channel, pt100_milliohm(celsius)));
}

static void announce(void) {
  const char *failure = self_test();
  console_write("sumac-fixture " RELEASE_VERSION);
  console_write(failure ? " failed" : " ready");
  console_write(" class=" DEVICE_CLASS " self-test=");
  console_write(failure ? failure : "pass");
#if RELEASE_HAS_IMAGE_CRC
  console_write(" crc32=");
  console_write_hex(self_test_code_crc());
  console_write(" over=");
  console_write_decimal(self_test_code_length());
#endif
  console_write("\r\n");
}

static void announce_measurement(void) {
  int32_t value = measured_millicelsius;
  console_write("temperature ");
  if (value < 0) console_write("-");
  console_write_thousandths((uint32_t)(value < 0 ? -value : value));
  console_write(value < settings.alarm_low_millicelsius || value > settings.alarm_high_millicelsius ? " alarm\r\n"
                                                                                                    : " normal\r\n");
}

int main(void) {
  console_open();
  announce();
  measured_millicelsius = sample(0);
  announce_measurement();
#if RELEASE_HAS_WATCHDOG
  watchdog_start();
#endif
  tick_start();
  for (uint32_t due = settings.sample_ticks;;) {
    __asm volatile("wfi");
    if ((int32_t)(tick_count() - due) < 0) continue;
    due += settings.sample_ticks;
    measured_millicelsius = sample(due);
#if RELEASE_HAS_WATCHDOG
    if (watchdog_feed() == FEEDS_BEFORE_REPORT) {
      console_write("watchdog feeds=");
      console_write_decimal(FEEDS_BEFORE_REPORT);
      console_write("\r\n");
    }
#endif
  }
}

#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdint.h>

#define SETTINGS_MARK 0x5E771465u

struct settings {
  uint32_t mark;
  uint8_t unit_address;
  uint8_t channel;
  uint16_t sample_ticks;
  int32_t alarm_low_millicelsius;
  int32_t alarm_high_millicelsius;
};

/* Starts with the factory values; an operator may change them while the device runs. */
extern struct settings settings;

#endif

#ifndef CALIBRATION_H
#define CALIBRATION_H

#include <stdint.h>

#include "release.h"

#define CALIBRATION_MAGIC 0x4C414353u /* "SCAL" in memory order */

struct calibration_channel {
  int32_t offset_milliohm;
  uint32_t gain_parts_per_million;
};

struct calibration_record {
  uint32_t magic;
  uint32_t channels;
  struct calibration_channel channel[RELEASE_CHANNELS];
};

/* At its fixed address in flash, apart from the code (see the linker script). */
extern const struct calibration_record calibration;

/* The reading of `channel` (below RELEASE_CHANNELS) after its calibration. */
uint32_t calibration_apply(uint32_t channel, uint32_t milliohm);

#endif

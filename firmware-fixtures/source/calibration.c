/* Factory calibration of the resistance inputs. */
#include "calibration.h"

__attribute__((section(".calibration"), used)) const struct calibration_record calibration = {
    .magic = CALIBRATION_MAGIC,
    .channels = RELEASE_CHANNELS,
    .channel =
        {
            {0, 1000000}, {-14, 1000120}, {9, 999870}, {21, 1000045},
            {-3, 999990}, {17, 1000210}, {-26, 999805}, {5, 1000000},
#if RELEASE_CHANNELS >= 12
            {0, 1000064}, {-11, 999932}, {33, 1000155}, {-8, 1000018},
#endif
#if RELEASE_CHANNELS >= 16
            {12, 999901}, {2, 1000088}, {-19, 999976}, {7, 1000131},
#endif
        },
};

uint32_t calibration_apply(uint32_t channel, uint32_t milliohm) {
  const struct calibration_channel *row = &calibration.channel[channel];
  /* In two parts, for milliohm times gain needs more than 32 bits. */
  int32_t deviation = (int32_t)row->gain_parts_per_million - 1000000;
  int32_t correction = (int32_t)(milliohm / 1000) * deviation / 1000;
  return (uint32_t)((int32_t)milliohm + correction + row->offset_milliohm);
}

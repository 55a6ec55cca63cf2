/* Initialised and writable, so it lives in .data: its values travel in flash and startup copies them to RAM. */
#include "settings.h"

struct settings settings = {
    .mark = SETTINGS_MARK,
    .unit_address = 17,
    .channel = 3,
    .sample_ticks = 10,
    .alarm_low_millicelsius = -20000,
    .alarm_high_millicelsius = 85000,
};

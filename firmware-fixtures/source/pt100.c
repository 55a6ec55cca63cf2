/* Platinum thermometer after IEC 60751 (Callendar-Van Dusen), one entry a degree, straight lines between. */
#include "pt100.h"

#include "repeat.h"

#define ENTRIES 1024
#define CELSIUS(i) ((double)((i) + PT100_LOWEST_CELSIUS))
#define QUADRATIC(t) (1.0 + 3.9083e-3 * (t) - 5.775e-7 * (t) * (t))
#define BELOW_ZERO(t) ((t) < 0.0 ? -4.183e-12 * ((t)-100.0) * (t) * (t) * (t) : 0.0)
#define ENTRY(i) ((uint32_t)(100000.0 * (QUADRATIC(CELSIUS(i)) + BELOW_ZERO(CELSIUS(i))) + 0.5))

static const uint32_t table[ENTRIES] = {REPEAT_1024(ENTRY, 0)};

_Static_assert(PT100_HIGHEST_CELSIUS - PT100_LOWEST_CELSIUS + 1 == ENTRIES, "the limits describe the table");

uint32_t pt100_milliohm(int32_t celsius) {
  return table[celsius - PT100_LOWEST_CELSIUS];
}

int32_t pt100_millicelsius(uint32_t milliohm) {
  if (milliohm <= table[0]) return PT100_LOWEST_CELSIUS * 1000;
  if (milliohm >= table[ENTRIES - 1]) return PT100_HIGHEST_CELSIUS * 1000;
  uint32_t low = 0;
  uint32_t high = ENTRIES - 1;
  while (high - low > 1) {
    uint32_t middle = (low + high) / 2;
    if (table[middle] <= milliohm) {
      low = middle;
    } else {
      high = middle;
    }
  }
  uint32_t fraction = (milliohm - table[low]) * 1000 / (table[high] - table[low]);
  return ((int32_t)low + PT100_LOWEST_CELSIUS) * 1000 + (int32_t)fraction;
}

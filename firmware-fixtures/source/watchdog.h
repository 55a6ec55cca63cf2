#ifndef WATCHDOG_H
#define WATCHDOG_H

#include <stdint.h>

void watchdog_start(void);
/* Returns how often the watchdog has been fed, this time included. */
uint32_t watchdog_feed(void);

#endif

/* Which release is being built. The build passes the minor number; everything that differs between releases hangs on it. */
#ifndef RELEASE_H
#define RELEASE_H

#ifndef RELEASE_MINOR
#error "pass -DRELEASE_MINOR=0, 1 or 2"
#endif

#define RELEASE_TEXT_OF(minor) "1." #minor ".0"
#define RELEASE_TEXT(minor) RELEASE_TEXT_OF(minor)
#define RELEASE_VERSION RELEASE_TEXT(RELEASE_MINOR)

/* 1.1.0 checks its own code with a CRC-32 and prints the result. */
#define RELEASE_HAS_IMAGE_CRC (RELEASE_MINOR >= 1)
/* 1.2.0 runs under the hardware watchdog and counts how often it fed it. */
#define RELEASE_HAS_WATCHDOG (RELEASE_MINOR >= 2)

/* Each release serves four inputs more, so the images also differ in length. */
#define RELEASE_CHANNELS (8 + 4 * RELEASE_MINOR)

#define DEVICE_CLASS "rtu-demo"

#endif

/* What this program speaks; the only thing in this file, so that tests/compat can link another one. */
#include "wire/hello.h"

const struct speech hello_speech = {
    .min = WIRE_PROTOCOL_MIN,
    .protocol = WIRE_PROTOCOL,
    .features = (1u << FEATURE_COUNT) - 1,
};

/* In place of src/wire/speech.c, for programs of another age: see meson.build. */
#include "wire/hello.h"

const struct speech hello_speech = {
    .min = SPEECH_MIN, .protocol = SPEECH_PROTOCOL, .features = SPEECH_FEATURES};

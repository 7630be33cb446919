// What the keywords of the drafts hold.
#pragma once

#include <string_view>

#include "jsonschema/schema.h"

namespace rlar::jsonschema {

enum class Holds { kOther, kSchema, kList, kSchemaOrList, kMap };

// kOther also for keywords that the draft does not know.
Holds WhatHolds(std::string_view keyword, Draft draft);

}  // namespace rlar::jsonschema

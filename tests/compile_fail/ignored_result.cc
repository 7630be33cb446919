// A Result cannot be dropped.
#include "rlar/json.h"
void Bad() { rlar::ParseJson("{}"); }

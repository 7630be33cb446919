// A score's number cannot be taken without asking whether there is one.
#include "rlar/score.h"
double Bad(const rlar::Score& score) { return score.value(); }

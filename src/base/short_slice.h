// A scheduling class of the same priority whose threads run soon after they wake, for a short while: what answers single requests must not wait for the
// end of another program's time slice on a full machine.
#pragma once

namespace rlar {

// For the calling thread. Asks Linux (6.12 and later) for slices of 0.1 ms; its share of the processor stays what its nice value says. Other kernels
// leave all as it was.
void TakeShortSlices();

}  // namespace rlar

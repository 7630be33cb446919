// A limit on the memory that SQLite takes on this thread. SQLite's own limits hold for the whole process, where one query's greed would
// fail another's.
#pragma once

#include <cstdint>

namespace rlar::sql {

// While one lives, SQLite's allocations on its thread that would bring their sum above the limit fail. Not to be nested.
class MemoryMeter {
 public:
  explicit MemoryMeter(std::int64_t limit);
  ~MemoryMeter();
  MemoryMeter(const MemoryMeter&) = delete;
  MemoryMeter& operator=(const MemoryMeter&) = delete;

  // To be called once before SQLite is first used in this process; false where it is too late, and then nothing is limited.
  static bool Install();
};

}  // namespace rlar::sql

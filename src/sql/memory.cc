#include "sql/memory.h"

#include <sqlite3.h>

namespace rlar::sql {
namespace {

constexpr std::int64_t kNoLimit = -1;
thread_local std::int64_t limit = kNoLimit, used = 0;
sqlite3_mem_methods usual;

bool Allows(std::int64_t more) { return limit == kNoLimit || used + more <= limit; }

void* Allocate(int size) {
  if (!Allows(size)) return nullptr;
  void* block = usual.xMalloc(size);
  if (block != nullptr) used += usual.xSize(block);
  return block;
}

void Release(void* block) {
  used -= usual.xSize(block);
  usual.xFree(block);
}

void* Resize(void* block, int size) {
  const int before = usual.xSize(block);
  if (!Allows(size - before)) return nullptr;
  void* moved = usual.xRealloc(block, size);
  if (moved != nullptr) used += usual.xSize(moved) - before;
  return moved;
}

}  // namespace

MemoryMeter::MemoryMeter(std::int64_t most) {
  limit = most;
  used = 0;
}
MemoryMeter::~MemoryMeter() { limit = kNoLimit; }

bool MemoryMeter::Install() {
  if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual) != SQLITE_OK || usual.xMalloc == nullptr) return false;
  static sqlite3_mem_methods metered = usual;
  metered.xMalloc = &Allocate;
  metered.xFree = &Release;
  metered.xRealloc = &Resize;
  return sqlite3_config(SQLITE_CONFIG_MALLOC, &metered) == SQLITE_OK;
}

}  // namespace rlar::sql

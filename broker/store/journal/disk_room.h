// Room on a disk that is nearly full.
//
// Tasks that are gone leave their space in two places. Their pages of the database are freed when the segment of the
// journal that has their end has moved; a broker that takes nothing in may never fill that segment. SQLite then keeps
// the pages within its file, where later rows take them first: they count as room. The file is not cut back: SQLite can
// do that only in a database that was made for it, at a cost for each page that moves, and the next flood would make it
// grow again. The database's own journal keeps the length of its longest transaction, and can be cut back at any time,
// as at a clean stop.
//
// Functions throw StoreError.
#pragma once

#include <cstddef>
#include <cstdint>

#include "broker/store/journal/segment_cycle.h"
#include "broker/store/sqlite/task_database.h"

namespace forkmill::broker {

// Returns the bytes that rows can take before the file of the database grows.
std::uint64_t reusable_bytes(TaskDatabase& database);

// Takes a step of about `changes` towards a database that has all commits, and then cuts its own journal back, unless
// the next rows would need that space again at once. Does nothing while the disk has no room for that. Returns true
// while there is more to do. REQUIRES: nothing is pending in `cycle`, the cycle of `database`, and no backup is under
// way.
bool make_room(SegmentCycle& cycle, TaskDatabase& database, std::size_t changes);

}  // namespace forkmill::broker

#include "client/cli/map/input/kept_rows.h"

#include <poll.h>

#include <utility>

namespace forkmill::cli {

KeptRows::KeptRows(RowReader& from) {
  for (;;) {
    Row row;
    const auto state = from.next(row);
    if (state == Fetch::end) return;
    if (state == Fetch::ready) {
      rows_.push_back(std::move(row));
      continue;
    }
    pollfd entry{.fd = from.wait_fd(), .events = POLLIN, .revents = 0};
    ::poll(&entry, 1, -1);
  }
}

Fetch KeptRows::next(Row& row) {
  if (next_ == rows_.size()) return Fetch::end;
  row = std::move(rows_[next_++]);
  return Fetch::ready;
}

}  // namespace forkmill::cli

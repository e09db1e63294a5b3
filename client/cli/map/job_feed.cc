#include "client/cli/map/job_feed.h"

#include <utility>

namespace forkmill::cli {

JobFeed::JobFeed(CommandTemplate command, Rows rows, Finished finished)
    : command_{std::move(command)}, rows_{std::move(rows)}, finished_{std::move(finished)} {}

void JobFeed::count() { total_ = rows_.count(); }

JobFeed::Next JobFeed::next(Job& job) {
  Row row;
  const auto state = rows_.next(row);
  if (state == Fetch::waiting) return Next::waiting;
  if (state == Fetch::end) {
    total_ = seq_;
    return Next::end;
  }
  job = command_.job(++seq_, std::move(row));
  if (!finished_.pop(job.command)) return Next::job;
  ++skipped_;
  return Next::skipped;
}

}  // namespace forkmill::cli

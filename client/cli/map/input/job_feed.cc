#include "client/cli/map/input/job_feed.h"

#include <algorithm>

namespace forkmill::cli {

namespace {

bool is_blank(const Row& args) {
  return std::all_of(args.begin(), args.end(),
                     [](const std::string& arg) { return arg.find_first_not_of(" \t\n") == std::string::npos; });
}

std::string all_arguments(const Row& args) {
  std::string text;
  for (std::size_t i = 0; i < args.size(); ++i) text += (i == 0 ? "" : " ") + args[i];
  return text;
}

}  // namespace

JobFeed::JobFeed(CommandTemplate command, Input input, Finished finished, Options options)
    : command_{std::move(command)},
      input_{std::move(input)},
      finished_{std::move(finished)},
      options_{std::move(options)} {}

void JobFeed::count() {
  if (input_.rows && !options_.skip_empty) total_ = input_.rows->count();
  if (input_.failed) total_ = input_.failed->size();
}

Fetch JobFeed::read(Job& job) {
  if (input_.blocks) return input_.blocks->next(job.input);
  if (input_.rows) return input_.rows->next(job.args);
  if (count_ == input_.failed->size()) return Fetch::end;
  job = (*input_.failed)[count_];
  return Fetch::ready;
}

JobFeed::Next JobFeed::next(Job& job, std::uint64_t slot) {
  job = Job{};
  const auto state = read(job);
  if (state == Fetch::waiting) return Next::waiting;
  if (state == Fetch::end) {
    total_ = count_;
    return Next::end;
  }
  if (options_.skip_empty && !input_.blocks && is_blank(job.args)) return Next::skipped;
  ++count_;
  if (job.seq == 0) job.seq = count_;
  job.slot = slot;
  command_.fill(job);
  job.tag = options_.tag ? options_.tag->expand(job, false) : all_arguments(job.args);
  const bool done = command_.uses_slot() ? finished_.pop(job.seq) : finished_.pop(job.command);
  if (!done) return Next::job;
  ++skipped_;
  return Next::skipped;
}

}  // namespace forkmill::cli

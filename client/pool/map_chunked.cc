#include <forkmill/client.h>

#include <memory>
#include <utility>

#include "client/engine/loans.h"
#include "client/pool/chunked_job.h"
#include "client/pool/fixed_job.h"

namespace forkmill {

namespace {

void check_options_of_chunks(const client::Prepared& how) {
  const auto& options = how.options;
  const auto refuse = [](const char* option) {
    throw Error{Errc::option_out_of_range, std::string{option} + " is not possible with map_chunked()"};
  };
  if (!options.key.empty()) refuse("key");
  if (options.delay.count() != 0) refuse("delay");
  if (options.retry_errors) refuse("retry_errors");
  if (options.at_most_once) refuse("at_most_once");
}

}  // namespace

detail::PoolJobRef Submitter::send_chunked(std::string_view name, std::uint64_t signature,
                                           detail::PackedItems items) const {
  using namespace detail;
  check_options_of_chunks(*how_);
  check_items(items);
  const ChunkCall call{.task = std::string{name}, .signature = signature};
  const auto sender = std::make_shared<ChunkSender>(engine_, *how_);
  // An end of a pipe goes to one task, also if its process dies.
  if (client::holds_unsent(items.range(0, items.size()))) {
    auto job = std::make_shared<FixedJob>(std::weak_ptr<PoolCalls>{}, engine_, nullptr, PoolDeliver{});
    job->sent(sender->send_all(call, items, 1));
    return job;
  }
  auto job = std::make_shared<ChunkedJob>(
      std::weak_ptr<PoolCalls>{}, nullptr, PoolDeliver{},
      ChunkedTerms{.sender = sender, .feeding = make_callback_thread(), .call = call}, std::move(items));
  job->start();
  return job;
}

}  // namespace forkmill

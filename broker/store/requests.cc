#include "broker/store/requests.h"

#include <algorithm>
#include <chrono>
#include <span>

#include "broker/store/store.h"
#include "proto/check.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kFetchBytes = 8 * 1024 * 1024;
constexpr std::size_t kFirstSlice = 8;
constexpr std::size_t kMaxSlice = 128;
constexpr std::size_t kScanBytes = 32 * 1024 * 1024;
constexpr milliseconds kMaxDisorder = std::chrono::minutes{10};  // a task may lie that far from the order of submission

std::size_t size_of(const StoredTask& task) {
  return proto::given_bytes(*task.put.spec, task.put.payload.size()) +
         (task.finish ? task.finish->outcome.value.size() : 0);
}

proto::Status fetch(Store& store, const FetchRequest& request, FetchAnswer& answer) {
  std::size_t bytes = 0;
  const std::span<const proto::TaskSeq> all{request.seqs};
  std::size_t most = kFirstSlice;  // later as many as will fit, if they are like those before
  while (answer.done < all.size() && bytes < kFetchBytes) {
    const auto slice = all.subspan(answer.done, std::min(most, all.size() - answer.done));
    auto status = store.fetch(slice, [&](StoredTask task) {
      bytes += size_of(task);
      answer.tasks.push_back(std::move(task));
    });
    if (!status.ok()) return status;
    answer.done += slice.size();
    const std::size_t left = kFetchBytes - std::min(bytes, kFetchBytes);
    most = bytes == 0 ? kMaxSlice : std::clamp<std::size_t>(left * answer.done / bytes, 1, kMaxSlice);
  }
  return {};
}

proto::Status scan(Store& store, const ScanRequest& request, ScanAnswer& answer) {
  std::size_t visited = 0;
  std::size_t bytes = 0;
  return store.scan(request.before, [&](StoredTask task) {
    const proto::TaskSeq seq = task.put.seq;
    if (task.put.submitted_at + kMaxDisorder < request.since) return false;  // older ones were submitted before, too
    answer.reached = task.put.submitted_at;
    bytes += size_of(task);
    if (request.passes(task)) {
      task.put.payload = {};
      answer.tasks.push_back(std::move(task));
    }
    if (answer.tasks.size() < request.most && ++visited < request.most_visited && bytes < kScanBytes) return true;
    answer.next = seq;
    return false;
  });
}

}  // namespace

proto::Result<ClusterView> Store::divide(const ClusterRequest&) {
  return proto::Failure{Errc::bad_request,
                        "this broker has all queues, and no shards to divide among brokers (forkmill-broker --shards)"};
}

proto::Result<StoreAnswer> serve(Store& store, const StoreRequest& request) {
  if (const auto* wanted = std::get_if<FetchRequest>(&request.what)) {
    FetchAnswer answer;
    if (auto status = fetch(store, *wanted, answer); !status.ok()) return status.failure();
    return StoreAnswer{request.ticket, std::move(answer)};
  }
  if (const auto* wanted = std::get_if<ClusterRequest>(&request.what))
    return StoreAnswer{request.ticket, ClusterAnswer{store.divide(*wanted)}};
  ScanAnswer answer;
  if (auto status = scan(store, std::get<ScanRequest>(request.what), answer); !status.ok()) return status.failure();
  return StoreAnswer{request.ticket, std::move(answer)};
}

}  // namespace forkmill::broker

#include "broker/loop.h"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "broker/cluster/announcement.h"
#include "proto/os/host.h"
#include "proto/os/output/logging.h"
#include "proto/os/processes.h"

namespace forkmill::broker {

namespace {

// The most messages of one round: enough to share the cost of a round, few enough to keep it short.
constexpr std::size_t kRound = 256;
constexpr Instant kLookAround = std::chrono::milliseconds{10};  // signals wait no longer while messages come
constexpr Instant kSweep = std::chrono::seconds{1};

// Reading the row of a process takes several files: only the query that shows it pays for that.
void refresh(SelfReport& self, proto::QueryKind query) {
  auto row = query == proto::QueryKind::processes ? proto::process_row(::getpid(), proto::ProcessRole::supervisor)
                                                  : std::nullopt;
  if (row) {
    row->command = "forkmill-broker";
    self.process = std::move(*row);
    self.host = proto::host_name();
  }
}

}  // namespace

Loop::Loop(ProgramOptions options, std::unique_ptr<Store> store, std::shared_ptr<spdlog::logger> log)
    : options_{std::move(options)},
      log_{std::move(log)},
      audit_{options_.audit, log_},
      access_control_{options_, log_, audit_},
      memory_{options_.usable_memory(), log_},
      waiter_{[this](uid_t sender) {
        proto::reopen_log(*log_);
        access_control_.reload(core_.get(), env_.now(), sender);
        return heeds_hangup(options_);
      }} {
  auto opened = store->open();
  if (!opened.ok()) throw std::runtime_error{opened.failure().text};
  access_control_.invitations().reread();  // the owner before this broker may have changed it until now
  router_.limit_unread(memory_.limit() / 4);
  for (const std::string& endpoint : options_.listen) endpoints_.push_back(router_.bind(endpoint));
  access_control_.invitations().set_endpoints(endpoints_);
  commits_.safe = opened->last;
  Identity identity{opened->id,
                    opened->epoch,
                    opened->last,
                    store->durable(),
                    std::string{"forkmill "} + FORKMILL_VERSION,
                    endpoints_,
                    opened->last_seq,
                    env_.random(),
                    static_cast<std::uint32_t>(options_.sharding.shard),
                    static_cast<std::uint32_t>(options_.sharding.shards),
                    options_.sharding.broker};
  options_.core.audit = audit_.is_on();
  options_.core.principal_of = [this](proto::PeerId peer) { return access_control_.principal_of(peer); };
  options_.core.rights_of = [this](proto::PeerId peer) { return access_control_.rights_of(peer); };
  audit_.note(AuditLine{env_.now().unix_time, "broker_started"}
                  .add("software", identity.software)
                  .add("store", identity.store)
                  .add("epoch", identity.epoch.value())
                  .add("listen", identity.listen));
  core_ = std::make_unique<Core>(options_.core, std::move(identity), env_.now());
  std::uint64_t recovered = 0;
  auto status = store->load([&](const TaskSummary& task) {
    core_->recover(task);
    ++recovered;
  });
  if (status.ok())
    status =
        store->load_records([&](proto::TaskSeq seq, std::string_view bytes) { core_->recover_record(seq, bytes); });
  if (!status.ok()) throw std::runtime_error{status.failure().text};
  core_->finish_recovery();
  if (store->durable()) {
    log_->info("store {}, epoch {}, commit {}: {} tasks", opened->id, opened->epoch.value(), opened->last.value(),
               recovered);
    store_ = std::make_unique<GroupCommitThread>(std::move(store), options_.disk_reserve);
    waiter_.watch(store_->fd());
  }
  if (options_.core.history) {
    history_ = std::make_unique<HistoryFeed>(history_options(options_), log_);
    waiter_.watch(history_->fd());
  }
  for (const int fd : router_.descriptors()) waiter_.watch(fd);
  if (const int fd = access_control_.invitations().fd(); fd >= 0) waiter_.watch(fd);
  announce(options_.announce, endpoints_);
}

Loop::~Loop() = default;

int Loop::run() {
  Instant looked_at{0};  // when wait() was called last
  for (;;) {
    if (!take_news()) return 1;
    const bool more = take_input() == kRound;
    const proto::Now now = env_.now();
    memory_.update(*core_, now.steady);
    core_->tick(now);
    core_->flush(now);
    access_control_.take_news(router_, core_.get(), now);
    access_control_.tick(now, endpoints_);
    carry_out(core_->take_effects());
    sweep(now.steady);
    const bool busy = router_.pending() || more;
    if (busy && now.steady - looked_at < kLookAround) continue;
    if (!wait(busy ? Instant{0} : std::min(core_->next_wakeup(), access_control_.next_wakeup()) - env_.now().steady))
      break;
    looked_at = now.steady;
  }
  return end();
}

bool Loop::wait(Instant most) {
  constexpr Instant kLogRetry = std::chrono::milliseconds{100};  // while nothing reads the log
  if (proto::flush_log(*log_)) most = std::min(most, kLogRetry);
  if (proto::Router::connections() > 0 || core_->state().shortage.memory) most = std::min(most, kSweep);
  return waiter_.wait(most);
}

void Loop::sweep(Instant now) {
  if (now - swept_at_ < kSweep) return;
  swept_at_ = now;
  router_.sweep(now, [this](proto::PeerId peer) { return core_->has_session(peer); });
}

int Loop::end() {
  log_->info("shutting down");
  audit_.note(AuditLine{env_.now().unix_time, "broker_stopped"});
  core_->shut_down(env_.now());
  carry_out(core_->take_effects());
  if (store_ == nullptr) return 0;
  store_->finish();
  return take_news() ? 0 : 1;
}

bool Loop::take_news() {
  if (history_ != nullptr)
    for (StoreAnswer& answer : history_->take_answers()) core_->handle(env_.now(), std::move(answer));
  if (store_ == nullptr || !store_->has_news()) return true;
  GroupCommitThread::News news = store_->take();
  if (!news.status.ok()) {
    log_->critical("the store failed: {}. Nothing that is not safe was acknowledged; stopping",
                   news.status.failure().text);
    audit_.note(AuditLine{env_.now().unix_time, "broker_failed"}.add("text", news.status.failure().text));
    audit_.flush(env_.now().steady);
    return false;
  }
  if (news.disk_full != core_->state().shortage.disk) {
    if (news.disk_full)
      log_->error("less than {} bytes are free: durable tasks are rejected until space is free", options_.disk_reserve);
    else
      log_->info("there is room on the disk again");
    core_->set_disk_full(news.disk_full);
  }
  if (news.committed > commits_.safe) {
    commits_.safe = news.committed;
    if (history_ != nullptr) history_->release(commits_.safe);
    core_->committed(commits_.safe);
    commits_.waiting.release(commits_.safe, [this](Send& one) { send(one); });
  }
  for (StoreAnswer& answer : news.answers) core_->handle(env_.now(), std::move(answer));
  return true;
}

std::size_t Loop::take_input() {
  std::size_t count = 0;
  for (; count < kRound; ++count) {
    auto incoming = router_.receive();
    if (!incoming) break;
    // Each message gets its own time. With the time of the round, waits and delays of a late message would end early.
    const proto::Now now = env_.now();
    if (!access_control_.admits(router_, *incoming, now)) continue;
    const auto* query = incoming->envelope.ok() ? std::get_if<proto::Query>(&incoming->envelope->message) : nullptr;
    if (query != nullptr) {
      refresh(self_, query->kind);
      self_.rss_bytes = memory_.resident(now.steady);
      self_.refused = access_control_.refused();
      self_.memory_limit = memory_.limit();
      if (store_ != nullptr && query->kind == proto::QueryKind::metrics) self_.store = store_->meter();
      if (history_ != nullptr) self_.history = history_->meter();
      core_->set_self(self_);
    }
    const Totals::Refused& refused = core_->state().totals.refused;
    const std::uint64_t refused_before = refused.count;
    core_->handle(now, incoming->peer, std::move(incoming->envelope), proto::SessionId{env_.random() | 1});
    if (refused.count != refused_before) access_control_.note_refused(*incoming, refused, now);
  }
  return count;
}

// The store gets its work first, so that the disk starts early.
void Loop::carry_out(Effects effects) {
  if (audit_.is_on()) {
    audit_.note(effects.audit);
    audit_.flush(env_.now().steady);
  }
  if (!effects.ops.empty()) store_->commit(std::move(effects.ops), effects.commit);
  if (history_ != nullptr) history_->add(std::move(effects.finished), effects.commit, commits_.safe);
  for (StoreRequest& request : effects.requests) {
    const bool is_for_history = std::holds_alternative<HistoryRequest>(request.what);
    is_for_history ? history_->ask(std::move(request)) : store_->ask(std::move(request));
  }
  for (const proto::PeerId peer : effects.cuts) router_.cut(peer);
  for (Send& one : effects.sends) {
    if (one.after > commits_.safe)
      commits_.waiting.hold(std::move(one));
    else
      send(one);
  }
}

void Loop::send(Send& one) {
  if (router_.send(one.peer, one.envelope)) return;
  log_->debug("peer {:x} is out of reach", one.peer.value());
  core_->unreachable(one.peer);
}

}  // namespace forkmill::broker

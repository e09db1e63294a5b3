#include "tests/fuzz/broker_world.h"

#include "proto/wire/codec.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/round_trip.h"

namespace forkmill::fuzz {

using namespace proto;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kPeers = 5;  // the last two are workers at first

// Limits are small, so that few steps reach every limit.
broker::CoreOptions draw(Feed& feed) {
  broker::CoreOptions options;
  const std::uint8_t how = feed.byte();
  options.ack_delay = (how & 1) != 0 ? 2ms : 0ms;
  if ((how & 2) != 0) options.resident = {2, 64, 2, 2, 2, 64};
  if ((how & 4) != 0) options.queue = {4, 512, true};
  if ((how & 8) != 0) options.kept_results = 2;
  if ((how & 16) != 0) options.dead_letters = 2;
  options.window.tasks = 8;
  options.names.queues = 4;
  options.names.task_types = 6;
  options.names.objects = 6;
  options.max_payload = 32 * 1024;
  return options;
}

// Returns options that are mostly within what is allowed.
TaskOptions modest(TaskOptions options) {
  const auto within = [](milliseconds value, std::int64_t most) {
    return milliseconds{
        static_cast<std::int64_t>(static_cast<std::uint64_t>(value.count()) % static_cast<std::uint64_t>(most))};
  };
  options.priority = static_cast<std::int8_t>(options.priority % 3);
  options.delay = within(options.delay, 4000);
  options.not_before = milliseconds{0};
  options.max_attempts = 1 + options.max_attempts % 4;
  options.backoff.initial = within(options.backoff.initial, 2000);
  options.backoff.most = within(options.backoff.most, 8000);
  options.backoff.jitter_percent %= 101;
  options.soft_timeout = within(options.soft_timeout, 5000);
  options.timeout = within(options.timeout, 9000);
  options.expires = within(options.expires, 60'000);
  options.result_ttl = within(options.result_ttl, 60'000);
  return options;
}

}  // namespace

BrokerWorld::BrokerWorld(Feed& feed)
    : feed_{feed},
      options_{draw(feed)},
      world_{sim::Options{}, false},
      object_history_{world_},
      object_audit_{object_history_},
      store_{std::make_unique<broker::MemoryStore>("store", feed.flag())} {
  start();
  for (std::size_t i = 0; i < kPeers; ++i) {
    Peer& peer = peers_.emplace_back();
    peer.id = PeerId{++last_peer_};
    connect(peer, i + 2 >= kPeers);
  }
}

void BrokerWorld::start() {
  const auto opened = store_->open();
  committed_ = opened->last;
  last_put_ = opened->last_seq;
  finished_.clear();
  core_ = std::make_unique<broker::Core>(
      options_,
      broker::Identity{opened->id, opened->epoch, opened->last, store_->durable(), "fuzz", {}, opened->last_seq}, now_);
  require(store_->load([this](const broker::TaskSummary& task) { core_->recover(task); }).ok(), "tasks are loaded");
  require(store_->load_records([this](TaskSeq seq, std::string_view bytes) { core_->recover_record(seq, bytes); }).ok(),
          "records are loaded");
  core_->finish_recovery();
  state_audit_.begin(core_->state());
}

// Kills and restarts the broker. Jobs that wait for the store are lost; some may be done, but the broker is not told.
void BrokerWorld::crash() {
  serve(feed_.below(jobs_.size() + 1));
  jobs_.clear();
  held_.clear();
  core_.reset();
  if (!store_->durable()) {
    ++last_session_;
    store_ = std::make_unique<broker::MemoryStore>("store-" + std::to_string(last_session_), false,
                                                   proto::Epoch{last_session_});
  }
  start();
  for (Peer& peer : peers_) peer.id = PeerId{++last_peer_};
}

void BrokerWorld::step() {
  Peer& peer = peers_[feed_.below(kPeers)];
  switch (feed_.below(24)) {
    case 0:
      peer.id = PeerId{++last_peer_};  // a new connection
      connect(peer, peer.worker != (feed_.below(8) == 0));
      break;
    case 1:
      core_->unreachable(peer.id);
      break;
    case 2:
    case 3:
      pass(Instant{1000} * static_cast<std::int64_t>(feed_.byte()));
      break;
    case 4:
      pass(Instant{1s} * static_cast<std::int64_t>(feed_.below(64)));
      break;
    case 5:
    case 6:
      serve(feed_.below(jobs_.size() + 1));
      break;
    case 7:
      if (feed_.below(4) == 0) crash();
      break;
    case 8:
      core_->set_disk_full(feed_.below(4) == 0);
      break;
    case 9:
    case 10:
    case 11:
      submit(peer);
      break;
    case 12:
    case 13:
    case 14:
      operate(peer);
      break;
    case 15:
    case 16:
    case 17:
    case 18:
      work(peers_[kPeers - 1 - feed_.below(2)]);
      break;
    case 19:
      acknowledge(peer);
      break;
    case 20:
      say_bytes(peer);
      break;
    default:
      say_anything(peer);
  }
  if (feed_.below(4) != 0) round();
}

void BrokerWorld::end() {
  round();
  core_->shut_down(now_);
  carry_out(core_->take_effects());
  serve(jobs_.size());
  send_held();
  crash();
  round();
  serve(jobs_.size());
  come_to_rest();
}

// ---- What peers do --------------------------------------------------------------------------------------------------

void BrokerWorld::connect(Peer& peer, bool worker) {
  Hello hello;
  hello.role = worker ? Role::worker : Role::client;
  hello.name = worker ? "worker" : "client";
  hello.host = "host";
  hello.pid = static_cast<std::uint32_t>(peer.id.value());
  hello.nonce = peer.id.value();
  hello.instance = 1 + feed_.below(4);
  hello.window_results = 1 + static_cast<std::uint32_t>(feed_.below(4));
  if (feed_.below(4) == 0) hello.child_of = 1 + feed_.below(4);
  if (feed_.flag()) hello.resume = peer.session;
  if (worker) {
    hello.worker.queues = {"default", "q"};
    hello.worker.tasks = {{"t.echo", "str(str)"}, {"t.other", "int(int)"}};
    hello.worker.children = 1 + static_cast<std::uint32_t>(feed_.below(3));
    hello.worker.max_processes = static_cast<std::uint32_t>(feed_.below(3));
    hello.worker.holding = peer.granted;
    hello.worker.holding_store = "store";
  }
  if (feed_.below(8) == 0) Filler{feed_, palette_}.get(hello);
  peer.worker = hello.role == Role::worker;
  peer.said = 0;
  peer.heard.clear();
  peer.granted.clear();
  core_->handle(now_, peer.id, Envelope{{{}, MessageSeq{}}, std::move(hello)}, fresh());
  round();
  if (peer.worker) say(peer, Credit{1 + feed_.below(6)});
}

void BrokerWorld::submit(Peer& peer) {
  Submit submit;
  submit.tasks.resize(1 + feed_.below(3));
  for (Submission& task : submit.tasks) {
    Filler{feed_, palette_}.get(task);
    if (feed_.below(8) == 0) continue;
    task.edit().queue = feed_.flag() ? "default" : "q";
    task.edit().name = feed_.flag() ? "t.echo" : "t.other";
    task.edit().signature = 0;
    task.edit().options = modest(task.spec->options);
    Palette::remember(palette_.ids, task.id);
  }
  say(peer, std::move(submit));
}

void BrokerWorld::operate(Peer& peer) {
  Operate operate;
  operate.operations.resize(1 + feed_.below(2));
  for (Operation& op : operate.operations) {
    Filler{feed_, palette_}.get(op);
    if (feed_.below(8) != 0) {
      op.number = ++peer.last_op;
      op.wait = milliseconds{static_cast<std::int64_t>(feed_.below(200)) - 1};
      op.who %= 3;
      op.a = op.a % 8;
      op.b = op.b % 4;
      if (!objects_.empty()) op.object = feed_.pick(objects_);
      if (op.spec) op.spec->size = op.spec->size % 5;
    }
    if (op.verb == Verb::open && !op.spec) op.spec = {"lock", ObjectKind::lock, 0, 0, 0, 0, Durability::durable};
    object_history_.invoke(peer.id.value(), 0, op);
  }
  if (feed_.below(4) == 0) operate.answered = feed_.below(peer.last_op % 200 + 1);
  say(peer, std::move(operate));
}

void BrokerWorld::work(Peer& peer) {
  if (peer.granted.empty()) return say(peer, Credit{feed_.number()});
  const std::size_t which = feed_.below(peer.granted.size());
  const Grant grant = peer.granted[which];
  Outcomes outcomes;
  Return back;
  switch (feed_.below(8)) {
    case 0:
      back.grants = {grant};
      back.credit = feed_.byte();
      peer.granted.erase(peer.granted.begin() + static_cast<std::ptrdiff_t>(which));
      return say(peer, std::move(back));
    case 1:
      return say(peer, Started{{{{}, grant, 1000U + feed_.byte(), "host"}}});
    case 2:
      return say(peer, Revoked{{{grant, static_cast<RevokeState>(1 + feed_.below(4))}}, feed_.byte()});
    case 3:
      return say(peer, ChildrenGone{{1000U + feed_.byte()}});
    case 4:
      return say(peer, Progress{{{{}, grant, 0.5, "half"}}});
    default:
      break;
  }
  OutcomeRecord& record = outcomes.outcomes.emplace_back();
  record.grant = grant;
  Filler{feed_, palette_}.get(record.outcome);
  record.outcome.kind = static_cast<OutcomeKind>(1 + feed_.below(6));
  if (feed_.flag()) record.retry_delay = milliseconds{static_cast<std::int64_t>(feed_.byte())};
  outcomes.credit = feed_.byte();
  if (feed_.below(8) != 0) peer.granted.erase(peer.granted.begin() + static_cast<std::ptrdiff_t>(which));
  say(peer, std::move(outcomes));
}

void BrokerWorld::acknowledge(Peer& peer) { say(peer, ResultAck{std::exchange(peer.heard, {})}); }

void BrokerWorld::say_anything(Peer& peer) {
  Envelope envelope{{peer.session, MessageSeq{++peer.said}}, make_message(feed_, palette_)};
  if (feed_.below(8) == 0) envelope.header.session = SessionId{palette_.numbers.empty() ? 1 : palette_.numbers.back()};
  if (const auto* operate = std::get_if<Operate>(&envelope.message))
    for (const Operation& op : operate->operations) object_history_.invoke(peer.id.value(), 0, op);
  core_->handle(now_, peer.id, std::move(envelope), fresh());
}

void BrokerWorld::say_bytes(Peer& peer) {
  auto read = decode(feed_.bytes(512));
  if (read.ok() && feed_.flag()) read.value().header.session = peer.session;
  if (read.ok())
    if (const auto* operate = std::get_if<Operate>(&read->message))
      for (const Operation& op : operate->operations) object_history_.invoke(peer.id.value(), 0, op);
  core_->handle(now_, peer.id, std::move(read), fresh());
}

void BrokerWorld::say(Peer& peer, Message message) {
  core_->handle(now_, peer.id, Envelope{{peer.session, MessageSeq{++peer.said}}, std::move(message)}, fresh());
}

// ---- The broker's surroundings --------------------------------------------------------------------------------------

void BrokerWorld::round() {
  core_->tick(now_);
  core_->flush(now_);
  carry_out(core_->take_effects());
}

void BrokerWorld::carry_out(broker::Effects effects) {
  state_audit_.check(core_->state());
  object_audit_.round(*core_);
  for (const broker::StoreOp& op : effects.ops) note(op);
  require(effects.ops.empty() || (effects.commit > committed_ && store_->durable()), "commits go forward");
  for (broker::Send& one : effects.sends) {
    round_trip(one.envelope);
    if (one.after > committed_)
      held_.push_back(std::move(one));
    else
      send(one);
  }
  if (!effects.ops.empty()) jobs_.emplace_back(Commit{std::move(effects.ops), effects.commit});
  for (broker::StoreRequest& request : effects.requests) jobs_.emplace_back(std::move(request));
}

void BrokerWorld::note(const broker::StoreOp& op) {
  if (const auto* put = std::get_if<broker::PutTask>(&op)) {
    require(put->seq > last_put_, "sequence numbers of tasks rise");
    last_put_ = put->seq;
  } else if (const auto* finish = std::get_if<broker::Finish>(&op)) {
    require(finished_.insert(finish->seq).second, "a task is finished once");
  } else if (const auto* again = std::get_if<broker::Reschedule>(&op)) {
    require(!finished_.contains(again->seq), "a finished task is not tried again");
  } else if (const auto* dispatch = std::get_if<broker::Dispatch>(&op)) {
    require(!finished_.contains(dispatch->seq), "a finished task is not dispatched");
  }
}

void BrokerWorld::serve(std::size_t jobs) {
  for (; jobs > 0 && !jobs_.empty(); --jobs) {
    if (auto* commit = std::get_if<Commit>(&jobs_.front())) {
      require(store_->apply(commit->ops).ok() && store_->commit(commit->number).ok(), "the store applies a commit");
      committed_ = commit->number;
      core_->committed(committed_);
      jobs_.pop_front();
      continue;
    }
    const auto request = std::get<broker::StoreRequest>(std::move(jobs_.front()));
    jobs_.pop_front();
    if (std::holds_alternative<broker::BackupRequest>(request.what)) {
      core_->handle(now_, {request.ticket, broker::BackupAnswer{Failure{Errc::bad_request, "no backup here"}}});
    } else {
      core_->handle(now_, broker::serve(*store_, request).value());
    }
  }
  send_held();
}

void BrokerWorld::send_held() {
  for (; !held_.empty() && held_.front().after <= committed_; held_.pop_front()) send(held_.front());
}

void BrokerWorld::send(const broker::Send& one) {
  Peer* peer = nullptr;
  for (Peer& candidate : peers_)
    if (candidate.id == one.peer) peer = &candidate;
  if (peer == nullptr) return core_->unreachable(one.peer);
  const Message& message = one.envelope.message;
  if (const auto* welcome = std::get_if<Welcome>(&message)) {
    peer->session = welcome->session;
    Palette::remember(palette_.numbers, welcome->session.value());
  } else if (const auto* grants = std::get_if<Grants>(&message)) {
    for (const GrantedTask& task : grants->tasks) {
      peer->granted.push_back(task.grant);
      Palette::remember(palette_.grants, task.grant);
      Palette::remember(palette_.ids, task.id);
    }
  } else if (std::holds_alternative<Results>(message)) {
    peer->heard.push_back(one.envelope.header.seq);
  } else if (const auto* operated = std::get_if<Operated>(&message)) {
    for (const OperationAnswer& answer : operated->answers) {
      if (answer.code != Errc::ok || answer.a == 0) continue;
      Palette::remember(palette_.numbers, static_cast<std::uint64_t>(answer.a));
      if (answer.a > 0xFFFF'FFFF) Palette::remember(objects_, static_cast<std::uint64_t>(answer.a));
    }
  }
}

void BrokerWorld::pass(Instant time) {
  now_.steady += time;
  now_.unix_time += std::chrono::duration_cast<milliseconds>(time);
  if (feed_.below(8) == 0) now_.unix_time += milliseconds{static_cast<std::int64_t>(feed_.byte()) * 1000 - 60'000};
}

// Checks that a broker without input does not wake up again and again at the same time.
void BrokerWorld::come_to_rest() {
  constexpr int kPatience = 20;
  for (int i = 0; i < kPatience; ++i) {
    if (core_->next_wakeup() > now_.steady && jobs_.empty()) return;
    round();
    serve(jobs_.size());
  }
  require(false, "a broker without input comes to rest");
}

}  // namespace forkmill::fuzz

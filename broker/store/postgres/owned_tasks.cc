#include "broker/store/postgres/owned_tasks.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "broker/store/postgres/mutants.h"
#include "broker/store/postgres/schema.h"
#include "proto/check.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kPartBytes = 16ULL * 1024 * 1024;  // changes that wait to be sent
constexpr std::chrono::seconds kBetweenDrops{10};        // pause after a failed attempt

std::vector<std::uint64_t> numbers_of(const Spans& spans) {
  std::vector<std::uint64_t> numbers;
  for (const auto& span : spans.all()) numbers.push_back(span.first);
  return numbers;
}

// Throws StoreError if the last commit that the server has is not the one that was acknowledged last.
void check_stored(proto::CommitSeq stored, proto::CommitSeq acknowledged) {
  if (stored == acknowledged || mutant(PostgresMutant::lost_commits_accepted)) return;
  throw StoreError{"the server has commit " + std::to_string(stored.value()) +
                   " as the last one, and had acknowledged " + std::to_string(acknowledged.value()) +
                   ": it was replaced by a server that lacks commits, or by a backup"};
}

}  // namespace

template <class Work>
void OwnedTasks::insist(const Work& work) {
  for (;;) {
    try {
      ownership_.check();
      work(ownership_.server());
      return;
    } catch (const Interrupted& interrupted) {
      if (in_transaction_ && mutant(PostgresMutant::unknown_taken_for_success)) return;
      if (!mutant(PostgresMutant::part_not_sent_again)) batch_.rewind(spans_);
      in_transaction_ = false;
      ownership_.lose(interrupted);
    }
  }
}

bool OwnedTasks::await() {
  taken_ = ownership_.take();
  return taken_.has_value();
}

ShardRow OwnedTasks::open() {
  if (!taken_ && !await()) throw StoreError{"the broker was stopped before it owned the tasks"};
  ShardRow row = *taken_;
  last_ = row.commit;
  batch_.start(row.last_seq);
  insist([&](ServerSession& server) {
    const Rows rows =
        server.run("SELECT number FROM forkmill.span WHERE shard = $1::bigint", Parameters{}.number(shard_));
    for (int i = 0; i < rows.size(); ++i) spans_.add(rows.number(i, 0), true);
  });
  return row;
}

// ---- Reading --------------------------------------------------------------------------------------------------------

void OwnedTasks::load(const std::function<void(const TaskSummary&)>& visit) {
  for (const std::uint64_t span : numbers_of(spans_)) {
    proto::TaskSeq after;
    std::int64_t count = -spans_.all().at(span).tasks;
    bool has_progressions = false;
    for (bool more = true; more;) {
      insist([&](ServerSession& server) {
        send_applied(server);
        more = reader_.load(server, span, after, [&](const TaskSummary& task) {
          after = task.seq;
          ++count;
          has_progressions = has_progressions || task.progression != Progression{};
          visit(task);
        });
      });
    }
    spans_.change(span, count);
    if (!has_progressions) spans_.note_no_progressions(span);
  }
}

void OwnedTasks::load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) {
  proto::TaskSeq after;
  for (bool more = true; more;) {
    insist([&](ServerSession& server) {
      send_applied(server);
      more = reader_.load_records(server, after, [&](proto::TaskSeq seq, std::string_view bytes) {
        after = seq;
        visit(seq, bytes);
      });
    });
  }
}

void OwnedTasks::fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit) {
  std::map<std::uint64_t, std::vector<proto::TaskSeq>> by_span;
  for (const proto::TaskSeq seq : seqs) by_span[span_of(seq)].push_back(seq);
  std::map<proto::TaskSeq, StoredTask> found;
  insist([&](ServerSession& server) {
    send_applied(server);
    for (const auto& [span, wanted] : by_span) {
      if (!spans_.has(span)) continue;
      for (StoredTask& task : reader_.fetch(server, span, wanted))
        found.insert_or_assign(task.put.seq, std::move(task));
    }
  });
  for (const proto::TaskSeq seq : seqs)
    if (auto task = found.extract(seq); !task.empty()) visit(std::move(task.mapped()));
}

void OwnedTasks::scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  insist([&](ServerSession& server) { send_applied(server); });
  proto::TaskSeq below{std::min(before.value(), kMax)};
  bool going = true;
  auto numbers = numbers_of(spans_);
  std::reverse(numbers.begin(), numbers.end());
  for (const std::uint64_t span : numbers) {
    for (bool more = going && span <= span_of(below); more && going;) {
      insist([&](ServerSession& server) {
        send_applied(server);
        more = reader_.scan(server, span, below, [&](StoredTask task) {
          below = task.put.seq;
          going = going && visit(std::move(task));
        });
      });
    }
  }
}

// ---- Writing --------------------------------------------------------------------------------------------------------

void OwnedTasks::apply(std::span<const StoreOp> ops) {
  for (const auto& op : ops) {
    std::visit([this](const auto& one) { batch_.add(one); }, op);
    if (batch_.bytes() >= kPartBytes) insist([this](ServerSession& server) { send_applied(server); });
  }
}

// Each transaction names the commit that it follows: if one that was sent by a session of before reaches the server
// late, when its changes have been made again, it fails.
void OwnedTasks::queue_applied(ServerSession& server) {
  if (!in_transaction_) {
    check_stored(ownership_.stored(), last_);
    in_transaction_ = true;
    server.send_sql("BEGIN");
    server.send({"assert_follows", "SELECT forkmill.assert_follows($1::bigint::integer, $2::bigint, $3::bigint)"},
                Parameters{}.number(shard_).number(ownership_.epoch().value()).number(ownership_.stored().value()));
  }
  batch_.send(server, spans_);
}

void OwnedTasks::send_applied(ServerSession& server) {
  if (!batch_.has_more()) return;
  queue_applied(server);
  static_cast<void>(server.finish());
}

void OwnedTasks::commit_on(ServerSession& server, proto::CommitSeq number) {
  if (ownership_.stored() == number && !mutant(PostgresMutant::unknown_taken_for_failure))
    return;  // the commit whose answer was lost
  queue_applied(server);
  const bool needs_standby =
      ownership_.options().safety == CommitSafety::standby && !mutant(PostgresMutant::standbys_not_asked);
  server.send(
      {"record_commit",
       "SELECT forkmill.record_commit($1::bigint::integer, $2::bigint, $3::bigint, $4::bigint, $5::bigint <> 0)"},
      Parameters{}
          .number(shard_)
          .number(ownership_.epoch().value())
          .number(number.value())
          .number(batch_.last_seq().value())
          .number(needs_standby ? 1 : 0));
  server.send_sql("COMMIT");
  ask_standbys(server);
  const auto results = server.finish();
  // A server that was told to stop waiting for its standby says COMMIT, with a warning.
  if (const auto warning = server.take_warning();
      !warning.empty() && !mutant(PostgresMutant::warning_taken_for_success))
    throw Interrupted{warning};
  if (results.at(results.size() - 2).tag() != "COMMIT") throw Interrupted{"the server has rolled a commit back"};
  if (needs_standby) check_standbys(results.back());
  ownership_.set_stored(number);
}

void OwnedTasks::commit(proto::CommitSeq number) {
  FORKMILL_CHECK(number > last_);
  insist([&](ServerSession& server) { commit_on(server, number); });
  in_transaction_ = false;
  last_ = number;
  batch_.clear(spans_);
  drop_emptied_span();
}

void OwnedTasks::drop_emptied_span() {
  const auto span = spans_.emptied();
  if (!span || Patience::Clock::now() < next_drop_) return;
  bool dropped = false;
  insist([&](ServerSession& server) {
    dropped = server
                  .run("SELECT forkmill.drop_span($1::bigint::integer, $2::bigint, $3::bigint)",
                       Parameters{}.number(shard_).number(ownership_.epoch().value()).number(*span))
                  .number(0, 0) != 0;
  });
  if (!dropped) {
    next_drop_ = Patience::Clock::now() + kBetweenDrops;
    return;
  }
  spans_.remove(*span);
  insist([](ServerSession& server) { server.forget_statements(); });
}

}  // namespace forkmill::broker

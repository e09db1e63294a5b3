#include "broker/store/postgres/ownership.h"

#include <algorithm>
#include <utility>

#include "broker/store/postgres/mutants.h"
#include "broker/store/postgres/schema.h"

namespace forkmill::broker {

namespace {

constexpr std::chrono::milliseconds kPause{10};  // before another attempt; grows by as much with each
constexpr std::chrono::milliseconds kLongestPause{200};
constexpr std::chrono::seconds kBetweenReports{5};
constexpr const char* kNoRight = "42501";

// Adds to a server's error what an operator can do.
std::string with_remedy(const std::string& text, const std::string& state) {
  if (state == kNoRight) return text + ": make this user the owner of the database (ALTER DATABASE ... OWNER TO ...)";
  if (text.find("password") != std::string::npos)
    return text + ": give the right password in a file (PGPASSFILE, or ~/.pgpass with mode 0600)";
  return text;
}

SessionRole role_of(const PostgresOptions& options) {
  return {options.safety, options.shards == 1 ? 0 : options.shard};
}

}  // namespace

std::chrono::milliseconds Outage::report(const std::string& reason,
                                         const std::function<void(const std::string&)>& warn) {
  const auto now = Patience::Clock::now();
  const bool is_news = !std::exchange(lasts_, true) || (told_ != reason && now >= next_);
  if (is_news) {
    told_ = reason;
    next_ = now + kBetweenReports;
    warn("the database is away: " + reason + "; nothing is acknowledged until it is back");
  }
  return std::min(kLongestPause, losses_++ * kPause);
}

void Ownership::connect() {
  try {
    server_ = open_session(options_.surroundings.connect, options_.address, patience_, role_of(options_));
  } catch (const StoreError& error) {
    // Another server than before, or another setting, which may be mended.
    if (!ready_ || patience_.is_over()) throw;
    throw Interrupted{error.what()};
  }
  reached_ = true;
  if (ready_) return;
  bring_up_schema(*server_, options_.cluster, options_.shards, options_.origin);
  ready_ = true;
}

bool OwnerWatch::has_left(const ShardRow& row) {
  if (row.is_present) {
    announced_ = row.epoch;
    absent_looks_ = 0;
  }
  return announced_ == row.epoch && !row.is_present && ++absent_looks_ > kAbsence / kLeaseLook;
}

// An owner that lives renews a lease that ends too late soon after the clock of the server was set back.
bool OwnerWatch::has_ended(const ShardRow& row) {
  late_looks_ = row.ends_too_late ? late_looks_ + 1 : 0;
  if (row.is_leased || (row.ends_too_late && late_looks_ <= kLease / kLeaseLook)) return false;
  return std::exchange(grace_looks_, std::max(grace_looks_ - 1, 0)) == 0;
}

bool OwnerWatch::is_free(const ShardRow& row, const PostgresOptions& options, ServerSession& server) {
  if (!options.waits || row.owner == options.owner) return true;
  const bool is_over = has_ended(row);
  if (is_over || has_left(row)) return options.is_chosen(server);
  if (std::exchange(told_, row.owner) != row.owner) {
    options.standing_by("standing by: the tasks are owned by " + row.owner + " (epoch " +
                        std::to_string(row.epoch.value()) + (row.address.empty() ? "" : ", " + row.address) + ")");
  }
  return false;
}

bool Ownership::await() {
  for (;;) {
    if (options_.stopped()) return false;
    try {
      if (server_ == nullptr) connect();
      if (watch_.is_free(read_shard(*server_, options_.shard), options_, *server_)) return true;
      options_.surroundings.sleep(kLeaseLook);
    } catch (const Interrupted& interrupted) {
      if (!reached_) throw StoreError{with_remedy(interrupted.what(), interrupted.state())};
      lose(interrupted);
      watch_.note_outage();
    } catch (const SqlError& error) {
      throw StoreError{with_remedy(error.what(), error.state())};
    }
  }
}

bool Ownership::try_to_take(ShardRow& row) {
  try {
    if (server_ == nullptr) connect();
    row = read_shard(*server_, options_.shard);
    if (row.owner == options_.owner) {  // the answer was lost
      if (!mutant(PostgresMutant::takeover_barrier_skipped)) confirm_ownership(*server_, row.epoch, claimant());
      return true;
    }
    return watch_.is_free(row, options_, *server_) && take_over(*server_, row.epoch, claimant(), row);
  } catch (const Interrupted& interrupted) {
    lose(interrupted);
    return false;
  }
}

std::optional<ShardRow> Ownership::take() {
  ShardRow row;
  do {
    if (!await()) return std::nullopt;
  } while (!try_to_take(row));
  epoch_ = row.epoch;
  stored_ = row.commit;
  outage_.end();
  lease_ = options_.surroundings.hold_lease(
      [address = options_.address, role = role_of(options_), connect = options_.surroundings.connect](
          const Patience& patience) { return open_session(connect, address, patience, role); },
      Tenure{options_.shard, epoch_});
  return row;
}

ServerSession& Ownership::server() {
  if (server_ == nullptr) {
    connect();
    const bool reads_only = mutant(PostgresMutant::barrier_skipped) || mutant(PostgresMutant::standby_read);
    stored_ =
        reads_only ? read_shard(*server_, options_.shard).commit : confirm_ownership(*server_, epoch_, claimant());
    if (outage_.end()) options_.note("the database is back");
  }
  return *server_;
}

void Ownership::lose(const Interrupted& reason) {
  server_.reset();
  if (options_.stopped()) patience_.hurry();
  if (patience_.is_over())
    throw StoreError{"the broker was stopped while the database was away: " + std::string{reason.what()}};
  options_.surroundings.sleep(outage_.report(reason.what(), options_.warn));
}

void Ownership::check() const {
  if (lease_ == nullptr) return;
  if (const auto text = lease_->deposed(); !text.empty()) throw StoreError{text};
}

std::string Ownership::explain(const StoreError& error) {
  const auto* refused = dynamic_cast<const SqlError*>(&error);
  if (refused == nullptr) return error.what();
  try {
    server_.reset();
    connect();
    if (const ShardRow row = read_shard(*server_, options_.shard); lease_ && row.epoch != epoch_)
      return deposed_text(row, epoch_);
  } catch (const std::runtime_error&) {
    server_.reset();
  }
  return with_remedy(error.what(), refused->state());
}

}  // namespace forkmill::broker

#include "broker/offline_commands.h"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <utility>

#include "broker/cluster/endpoints.h"
#include "broker/cluster/membership.h"
#include "broker/cluster/shard_orders.h"
#include "broker/enrolment/book_copies.h"
#include "broker/store/maintenance/maintenance.h"
#include "broker/store/maintenance/migration.h"
#include "proto/os/host.h"
#include "proto/os/real_env.h"
#include "proto/settings/settings.h"

namespace forkmill::broker {

namespace {

template <class Report>
bool failed(const proto::Result<Report>& report) {
  if (!report.ok()) std::cerr << "forkmill-broker: " << report.failure().text << "\n";
  return !report.ok();
}

// Returns the counts of a CheckReport or a RestoreReport as text.
template <class Report>
std::string contents(const Report& report) {
  std::string text = "commit " + std::to_string(report.commit.value()) + ", " + std::to_string(report.tasks) +
                     " tasks, " + std::to_string(report.outcomes) + " of them finished";
  if (report.records > 0) text += ", " + std::to_string(report.records) + " records of named objects";
  return text;
}

int run_check(const std::string& data) {
  const auto report = check(data);
  if (failed(report)) return 1;
  std::cout << data << ": " << contents(report.value());
  if (report->quarantined > 0) std::cout << ", " << report->quarantined << " rows in quarantine";
  std::cout << "\n";
  for (const std::string& finding : report->findings) std::cout << "damaged: " << finding << "\n";
  std::cout << (report->findings.empty() ? "all is sound\n" : "");
  return report->findings.empty() ? 0 : 1;
}

int run_quarantine(const std::string& data) {
  const auto report = quarantine(data);
  if (failed(report)) return 1;
  std::cout << report->tasks << " tasks ";
  if (report->records > 0) std::cout << "and " << report->records << " records of named objects ";
  std::cout << "were set aside (" << report->rows << " rows, now in table quarantine)";
  if (report->missing > 0) std::cout << "; " << report->missing << " rows are missing altogether";
  std::cout << "\n";
  for (const std::string& text : report->strange) std::cout << "doubtful: " << text << "\n";
  return run_check(data);
}

int run_accept_loss(const std::string& data, proto::Env& env) {
  const auto report = accept_loss(data, fresh_store_id(env));
  if (failed(report)) return 1;
  std::cout << "accepted: " << report->reason << "\nThe store goes on at commit " << report->commit.value()
            << " under a new name.\n";
  return 0;
}

// AsOwner: while it lives, this process has the user and group who own the folder of a file, if it is one of root. The
// file of a broker that runs as another user then stays that user's. REQUIRES: the process has one thread.
class AsOwner {
 public:
  explicit AsOwner(const std::string& file) {
    struct stat folder {};
    if (::geteuid() != 0 || ::stat(std::filesystem::absolute(file).parent_path().c_str(), &folder) != 0) return;
    if (::setegid(folder.st_gid) != 0 || ::seteuid(folder.st_uid) != 0)
      throw StoreError{file + ": cannot act as the owner of its folder"};
  }
  ~AsOwner() {
    if (::getuid() != 0) return;
    static_cast<void>(::seteuid(0));
    static_cast<void>(::setegid(::getgid()));
  }
  AsOwner(const AsOwner&) = delete;
  AsOwner& operator=(const AsOwner&) = delete;
};

std::string shown(const RestoredBook& book, const std::string& file) {
  const std::string keys = std::to_string(book.keys) + (book.keys == 1 ? " key" : " keys") + " of invitations";
  if (book.is_kept)
    return file + " stays as it is, since it may be newer than the backup, whose " + keys +
           " are not taken. To take those instead, move the file and the database away and restore again\n";
  std::string text = file + ": " + keys + " as they were at the time of the backup";
  if (book.keys > 0) text += "; revoke again those that were revoked since (forkmill invite ls)";
  if (book.revoked > 0)
    text += "; " + std::to_string(book.revoked) +
            " that were not taken by then are revoked, as they may have been taken since: invite again";
  return text + "\n";
}

int run_restore(const ProgramOptions& options, proto::Env& env) {
  RestoredBook book;
  std::string keys;
  const auto take_key_book = [&](const std::string& text) {
    const AsOwner owner{options.enrolled_keys};
    book = restore_book(text, options.enrolled_keys);
    keys = shown(book, options.enrolled_keys);
  };
  const auto report = restore(options.restore, options.data, fresh_store_id(env), system_files(), take_key_book);
  if (failed(report)) {
    // A book that was there before is not the backup's: the operator must not be told to remove it.
    if (!keys.empty() && !book.is_kept)
      std::cerr << "forkmill-broker: the keys of invitations were restored before that. Repeat --restore with the "
                   "same backup; for another one, remove "
                << options.enrolled_keys << " first\n";
    return 1;
  }
  std::cout << "restored " << options.data << ": " << contents(report.value()) << "\n" << keys;
  return 0;
}

// The signals are blocked, and pending once they were sent.
bool is_stopped() {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

int run_migrate(const ProgramOptions& options, proto::Env& env) {
  PostgresOptions target = postgres_options(options, fresh_store_id(env));
  target.note = target.warn = [](const std::string& text) { std::cerr << "forkmill-broker: " << text << "\n"; };
  std::size_t keys = 0;
  const auto read_key_book = [&] {
    const AsOwner owner{options.enrolled_keys};
    std::string text = copied_book(options.enrolled_keys);
    keys = enrolled_keys_in(text);
    return text;
  };
  const auto report = migrate_to(options.migrate, std::move(target), read_key_book);
  if (failed(report)) return 1;
  std::cout << "copied " << report->tasks << " tasks, " << report->outcomes << " of them finished, and "
            << report->records << " records of named objects";
  if (keys > 0) std::cout << ", and " << keys << (keys == 1 ? " key" : " keys") << " of invitations";
  std::cout << ". Start no broker on " << options.migrate << " any more: move it away\n";
  return 0;
}

}  // namespace

std::optional<int> run_offline_command(const ProgramOptions& options, proto::Env& env) {
  std::optional<int> status;
  if (options.check) status = run_check(options.data);
  if (options.quarantine) status = run_quarantine(options.data);
  if (options.accept_loss) status = run_accept_loss(options.data, env);
  if (!options.migrate.empty()) status = run_migrate(options, env);
  if (!options.restore.empty()) status = run_restore(options, env);
  return status ? std::optional{proto::status_of_output("forkmill-broker", *status)} : std::nullopt;
}

PostgresOptions postgres_options(const ProgramOptions& options, const std::string& id) {
  PostgresOptions of_store;
  of_store.address = ServerAddress::parse(options.store).value();
  of_store.safety = options.durability == "local" ? CommitSafety::local : CommitSafety::standby;
  of_store.cluster = options.cluster;
  of_store.origin.id = id;
  of_store.stopped = is_stopped;
  of_store.owner = proto::host_name() + " pid " + std::to_string(::getpid()) + " (" + id + ")";
  of_store.endpoints = joined(options.listen);
  of_store.shards = options.sharding.shards;
  of_store.shard = options.sharding.shard;
  if (options.sharding.shards == 1) return of_store;
  // The first word is the broker of the owner.
  of_store.owner = options.sharding.broker + " pid " + std::to_string(::getpid()) + " (" + id + ")";
  of_store.endpoints = joined(options.sharding.advertise);
  of_store.is_chosen =
      [turn = std::make_shared<Turn>(options.sharding.shard, options.sharding.broker)](ServerSession& server) {
        return turn->has_come(read_view(server), proto::RealEnv::steady());
      };
  of_store.divide = [orders = std::make_shared<ShardOrders>(of_store)](const ClusterRequest& request) {
    return orders->handle(request);
  };
  return of_store;
}

std::string fresh_store_id(proto::Env& env) {
  char text[17];
  std::snprintf(text, sizeof text, "%016lx", static_cast<unsigned long>(env.random()));
  return text;
}

}  // namespace forkmill::broker

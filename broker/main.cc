// The program forkmill-broker: see --help.
#include <csignal>
#include <exception>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "broker/connection_calls.h"
#include "broker/enrolment/book_copies.h"
#include "broker/host.h"
#include "broker/loop.h"
#include "broker/offline_commands.h"
#include "broker/options.h"
#include "broker/store/journal/journal_store.h"
#include "broker/store/memory_store.h"
#include "broker/store/postgres/postgres_store.h"
#include "proto/os/kept_memory.h"
#include "proto/os/ready_note.h"
#include "proto/os/standard_streams.h"

namespace {

using namespace forkmill;

// Called before any thread is created, so that only the loop's signalfd receives these signals.
void block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGCHLD);  // only a host has children
  sigprocmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

// The store creates its directory but not the parents: a missing parent may be a typing error or an unmounted disk. The
// parents of the default directory are created here.
void make_default_home(const std::string& data) {
  if (data != broker::default_data_directory()) return;
  std::error_code ignored;  // the store reports what is wrong
  std::filesystem::create_directories(std::filesystem::path{data}.parent_path(), ignored);
}

std::unique_ptr<broker::Store> make_postgres_store(const broker::ProgramOptions& options, const std::string& id,
                                                   const std::shared_ptr<spdlog::logger>& log) {
  broker::PostgresOptions of_store = broker::postgres_options(options, id);
  of_store.note = [log](const std::string& text) { log->info("{}", text); };
  of_store.warn = [log](const std::string& text) { log->error("{}", text); };
  of_store.standing_by = [log](const std::string& text) {
    log->info("{}", text);
    proto::send_ready_note();
  };
  return std::make_unique<broker::PostgresStore>(std::move(of_store));
}

std::unique_ptr<broker::Store> make_store(const broker::ProgramOptions& options, proto::Env& env,
                                          const std::shared_ptr<spdlog::logger>& log) {
  const std::string id = broker::fresh_store_id(env);
  if (!options.store.empty()) {
    if (options.core.history) make_default_home(options.data);
    return make_postgres_store(options, id, log);
  }
  if (options.memory)
    return std::make_unique<broker::MemoryStore>("memory-" + id, false,
                                                 broker::MemoryStore::epoch_before(env.now().unix_time));
  make_default_home(options.data);
  broker::JournalOptions journal{{options.data, id}, env.random()};
  journal.backup.reserve = options.disk_reserve;
  journal.backup.key_book = [file = options.enrolled_keys] { return broker::copied_book(file); };
  return std::make_unique<broker::JournalStore>(std::move(journal));
}

// Serves the tasks of a store, once this broker owns them, until a signal ends that. Returns the exit code.
int serve(broker::ProgramOptions options, const std::shared_ptr<spdlog::logger>& log) {
  proto::RealEnv env;
  auto store = make_store(options, env, log);
  const auto is_turn = store->await();
  if (!is_turn.ok()) throw std::runtime_error{is_turn.failure().text};
  if (!is_turn.value()) return 0;
  broker::Loop loop{options, std::move(store), log};
  for (const std::string& endpoint : loop.endpoints()) log->info("listening on {}", endpoint);
  if (options.memory)
    log->info("tasks are kept in memory only: they end with this process");
  else if (options.store.empty())
    log->info("tasks are kept in {}", options.data);
  else
    log->info("tasks are kept in {}", broker::ServerAddress::parse(options.store)->shown());
  proto::send_ready_note();
  return loop.run();
}

// Calls `run`, and reports what it throws. Returns the exit code.
template <class F>
int guarded(const F& run) {
  try {
    return run();
  } catch (const std::invalid_argument& error) {
    proto::write_stderr(std::string{"forkmill-broker: "} + error.what());
    return 2;
  } catch (const std::exception& error) {
    proto::write_stderr(std::string{"forkmill-broker: "} + error.what());
    return 1;
  }
}

// Calls `run`, and notes what it throws in the log as well, if that is a file.
template <class F>
int noted(const proto::LogOptions& options, spdlog::logger& log, const F& run) {
  try {
    return run();
  } catch (const std::exception& error) {
    if (!options.file.empty()) log.critical("{}", error.what());
    throw;
  }
}

int serve_shard(const broker::ProgramOptions& options) {
  broker::limit_connections(options.usable_memory());
  return guarded([&] {
    const auto log = proto::make_logger("shard " + std::to_string(options.sharding.shard), options.log);
    return noted(options.log, *log, [&] { return serve(options, log); });
  });
}

}  // namespace

int main(int argc, char** argv) {
  proto::open_standard_streams();
  broker::ProgramOptions options;
  if (const auto code = broker::read_options(argc, argv, options)) return *code;
  for (int i = 1; i < argc; ++i) broker::hide_passwords(argv[i]);
  block_signals();
  proto::keep_freed_memory();
  broker::keep_reserve_descriptor();
  broker::limit_connections(options.usable_memory());
  return guarded([&] {
    proto::RealEnv env;
    if (const auto code = broker::run_offline_command(options, env)) return *code;
    proto::check_log_file(options.log);
    const auto log = proto::make_logger("broker", options.log);
    return noted(options.log, *log, [&] {
      return options.sharding.shards > 1 ? broker::run_host(options, log, serve_shard) : serve(options, log);
    });
  });
}

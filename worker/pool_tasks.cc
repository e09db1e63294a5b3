#include "worker/pool_tasks.h"

#include <cxxabi.h>
#include <forkmill/task.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "proto/pool_tasks.h"
#include "proto/transport/descriptor.h"
#include "proto/transport/processes.h"
#include "proto/transport/real_env.h"
#include "worker/errors/handler_error.h"
#include "worker/options.h"
#include "worker/supervisor.h"

namespace forkmill::worker {

namespace {

using proto::PoolSpec;

const Registration& function_of(const Registry& registry, const std::string& name, std::uint64_t signature) {
  HandlerError trouble;
  const auto index = registry.find(name);
  if (!index) {
    trouble.code = Errc::unknown_task;
    trouble.message = "this worker has no function for " + name + "; see forkmill::Registered and Worker::on()";
    throw Relayed{trouble};
  }
  const Registration& found = registry.at(*index);
  if (signature != 0 && signature != found.hash) {
    trouble.code = Errc::signature_mismatch;
    trouble.message = name + " is " + found.signature + " here";
    throw Relayed{trouble};
  }
  return found;
}

// ---- forkmill.chunk -------------------------------------------------------------------------------------------------

using Packer = msgpack::packer<detail::StringSink>;

void pack_error(Packer& packer, const HandlerError& error) {
  packer.pack_array(5);
  packer.pack(static_cast<std::uint16_t>(error.code));
  for (const std::string* text : {&error.type, &error.message, &error.backtrace, &error.cause}) packer.pack(*text);
}

class ChunkHandler final : public detail::Handler {
 public:
  explicit ChunkHandler(const Registry& registry) : registry_{registry} {}

  std::string run(Context& context, std::string_view arguments) override {
    const auto handle = detail::unpack_bounded(arguments);
    const auto [name, signature, each, items] = parts_of(handle.get());
    detail::Handler& handler = *function_of(registry_, name, signature).handler;
    std::string out;
    detail::StringSink sink{out};
    Packer packer{sink};
    packer.pack_array(items.size);
    for (std::uint32_t i = 0; i < items.size; ++i) {
      const auto& item = items.ptr[i].via.str;
      const std::string_view payload{item.ptr, item.size};
      if (each)
        run_guarded(handler, context, payload, packer, out);
      else
        out += handler.run(context, payload);
    }
    return out;
  }

 private:
  struct Parts {
    std::string name;
    std::uint64_t signature;
    bool each;
    msgpack::object_array items;
  };

  static Parts parts_of(const msgpack::object& chunk) {
    using msgpack::type::ARRAY;
    if (chunk.type != ARRAY || chunk.via.array.size != 4) throw detail::BadArguments{"this is not a chunk"};
    const auto* parts = chunk.via.array.ptr;
    try {
      Parts found{parts[0].as<std::string>(), parts[1].as<std::uint64_t>(), parts[2].as<bool>(), {}};
      if (parts[3].type != ARRAY) throw msgpack::type_error{};
      found.items = parts[3].via.array;
      for (std::uint32_t i = 0; i < found.items.size; ++i)
        if (found.items.ptr[i].type != msgpack::type::STR) throw msgpack::type_error{};
      return found;
    } catch (const msgpack::type_error&) {
      throw detail::BadArguments{"this is not a chunk"};
    }
  }

  static void run_guarded(detail::Handler& handler, Context& context, std::string_view payload, Packer& packer,
                          std::string& out) {
    try {
      const std::string result = handler.run(context, payload);
      packer.pack_array(2);
      packer.pack(std::uint16_t{0});
      out += result;
    } catch (const abi::__forced_unwind&) {
      throw;
    } catch (...) {
      pack_error(packer, describe_current_exception());
    }
  }

  const Registry& registry_;
};

// ---- forkmill.pool --------------------------------------------------------------------------------------------------

// For initializers: they belong to no attempt.
class BirthContext final : public Context {
 public:
  void progress(double, std::string_view) override {}
  std::stop_token stop_token() const override { return {}; }
  std::uint32_t attempt() const override { return 1; }
  FencingToken fencing_token() const override { return {}; }
  TaskId task_id() const override { return {}; }
  const std::string& queue() const override { return queue_; }
  void log(LogLevel, std::string_view text) override {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
  }
  std::uint64_t random_seed() override { return env_.random(); }

 private:
  std::string queue_;
  proto::RealEnv env_;
};

// The error of an initializer, on its way from the child to the pool's supervisor.
class Notice {
 public:
  Notice() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
      throw std::system_error{errno, std::generic_category(), "socketpair"};
    read_ = proto::Descriptor{ends[0]};
    write_ = proto::Descriptor{ends[1]};
  }

  void post(const HandlerError& error) {
    std::string text;
    detail::StringSink sink{text};
    Packer packer{sink};
    pack_error(packer, error);
    // When there is no room any more, somebody has posted before.
    [[maybe_unused]] const auto sent = ::send(write_.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }

  std::optional<HandlerError> read() {
    std::string text(128 * 1024, '\0');
    const auto size = ::recv(read_.get(), text.data(), text.size(), 0);
    if (size <= 0) return std::nullopt;
    using Texts = std::tuple<std::uint16_t, std::string, std::string, std::string, std::string>;
    auto [code, type, message, backtrace, cause] =
        unpack_arguments<Texts>({text.data(), static_cast<std::size_t>(size)});
    HandlerError error;
    error.code = errc_from(code);
    error.type = std::move(type);
    error.message = std::move(message);
    error.backtrace = std::move(backtrace);
    error.cause = std::move(cause);
    return error;
  }

 private:
  proto::Descriptor read_;
  proto::Descriptor write_;
};

std::string how_it_ended(const Death& death) {
  return death.signal != 0 ? "signal " + std::to_string(death.signal) : "exit code " + std::to_string(death.exit_code);
}

class PoolHandler final : public detail::Handler {
 public:
  PoolHandler(const Registry& registry, const WorkerOptions& options, const std::vector<std::function<void()>>& prepare)
      : registry_{registry}, options_{options}, prepare_{prepare} {}

  std::string run(Context&, std::string_view arguments) override {
    const PoolSpec spec = std::get<0>(detail::arguments_of_call<PoolSpec>(arguments));
    refuse_shared_process();
    const WorkerOptions options = options_of(spec);
    check(options);
    Notice notice;
    auto prepare = prepare_;
    if (!spec.initializer.empty()) {
      detail::Handler& initializer = *function_of(registry_, spec.initializer, spec.initializer_signature).handler;
      prepare.push_back([&] { initialize(initializer, spec.initializer_arguments, notice); });
    }
    // A pool whose children cannot start is of no use to whoever waits for it: it ends.
    const auto stillborn = [&](const Death& death) {
      HandlerError error;
      error.message = "a child of the pool ended before it was ready: " + how_it_ended(death);
      notice.post(error);
      ::kill(::getpid(), SIGTERM);
    };
    Supervisor{{registry_, options, prepare, stillborn}}.run();
    if (auto error = notice.read()) throw Relayed{std::move(*error)};
    return pack_nothing();
  }

 private:
  // It forks, and blocks signals for good.
  static void refuse_shared_process() {
    if (std::getenv("FORKMILL_PROCESS") == nullptr)
      throw std::logic_error{"forkmill.pool needs a process of its own: see forkmill::Process"};
    if (proto::own_threads() > 1)
      throw std::logic_error{"a pool cannot be forked here: an on_child_start function has left a thread behind"};
  }

  WorkerOptions options_of(const PoolSpec& spec) const {
    WorkerOptions options = options_;
    options.name.clear();
    options.processes = spec.processes == 0 ? usable_cpus() : spec.processes;
    options.max_processes = 0;
    options.queues = {spec.queue};
    options.max_tasks_per_child = spec.max_tasks_per_child;
    options.drain_timeout = options.kill_grace =
        std::chrono::milliseconds{0};  // it is stopped when nobody waits for it
    // How its children end is told to whoever waits for their results.
    if (options.log_level == "info" || options.log_level == "warn") options.log_level = "error";
    return options;
  }

  static void initialize(detail::Handler& initializer, std::string_view arguments, Notice& notice) {
    BirthContext context;
    try {
      initializer.run(context, arguments);
    } catch (const abi::__forced_unwind&) {
      throw;
    } catch (...) {
      notice.post(describe_current_exception());
      std::fflush(nullptr);
      ::_exit(EXIT_FAILURE);
    }
  }

  const Registry& registry_;
  const WorkerOptions& options_;
  const std::vector<std::function<void()>>& prepare_;
};

}  // namespace

void add_pool_tasks(Registry& registry, const WorkerOptions& options,
                    const std::vector<std::function<void()>>& prepare) {
  const auto add = [&](const char* name, std::string signature, std::unique_ptr<detail::Handler> handler) {
    registry.add({name, signature, signature_hash(signature), std::move(handler)});
  };
  add(proto::kPoolTask, "forkmill.pool", std::make_unique<PoolHandler>(registry, options, prepare));
  add(proto::kChunkTask, "forkmill.chunk", std::make_unique<ChunkHandler>(registry));
}

}  // namespace forkmill::worker

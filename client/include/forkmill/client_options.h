// ClientOptions: the broker that a Client talks to, how much the client may hold, and where its callbacks run.
//
//     forkmill::ClientOptions options;
//     options.endpoint = "tcp://broker:7117";
//     options.when_full = forkmill::WhenFull::timeout;
//     forkmill::Client patient{options};
//
// Plain values: copy freely. Client's constructor checks them; a client's options are fixed then.
#pragma once

#include <forkmill/executor.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace forkmill {

// Reaction to a limit: of submit() when this client is full, and of a task that the broker rejects because its queue is
// full, its disk nearly is, its memory is, or a quota of this client's key has no room.
enum class WhenFull : std::uint8_t {
  block,    // submit() waits for room, without a time limit; a rejected task is sent again until it is taken
  timeout,  // the same for submit_timeout at most; then submit() throws Rejected{window_full}, and the future of a
            // rejected task ends with Rejected{queue_full, disk_full, memory_full, quota_exceeded or results_full}
  reject,   // submit() throws, and the future ends, at once
};

struct ClientOptions {
  // Address of the broker: tcp://HOST:PORT, ipc://PATH, or local:// for a broker of this program's own (local.h).
  // Empty: the value of FORKMILL_BROKER in the environment, and without that the socket of this user's broker on this
  // machine, where forkmill-broker listens by default.
  std::string endpoint{};
  // Name of this client in the broker's logs and in lists, for people; cut after 128 bytes. Empty: the program's name.
  std::string name{};

  // Keys of a TCP connection, which is then encrypted, and on which both sides prove who they are; ipc:// needs none.
  // Give both or none. The constructor of Client throws Error{bad_request} if one of them cannot be used.
  //
  // The broker's public key, 64 hexadecimal digits, or the name of a file with it. Empty: the value of
  // FORKMILL_SERVER_PUBLIC_KEY in the environment.
  std::string server_public_key{};
  // Name of the file with this client's secret key, which `forkmill keygen` writes. Empty: the value of FORKMILL_KEY in
  // the environment.
  std::string key{};
  // Name of a file of seal keys, which `forkmill keygen --seal` writes. With it, the arguments of tasks leave this
  // program sealed, their results are taken sealed only, and the broker can read and forge neither (deploy/SECURITY.md,
  // Sealed payloads). A task for a queue without a key in the file is not sent: submit() throws
  // Error{seal_key_missing}. The file is read once. The constructor of Client throws Error{bad_request} if it cannot be
  // used. Empty: the value of FORKMILL_SEAL_KEYS in the environment, and without that nothing is sealed. Values of
  // queues, pipes and other named objects are never sealed.
  std::string seal_keys{};

  // Time without a broker, at the start or later, after which a warning is logged, once. Nothing else happens unless
  // `fail_fast` is set. Clamped to 0 to 366 days.
  std::chrono::milliseconds connect_timeout{5000};
  // Whether outstanding futures end with Disconnected{disconnected} when there has been no broker for connect_timeout.
  // The client goes on trying, and may be used again. Off: futures wait until a broker comes.
  bool fail_fast = false;

  // Whether a warning is logged of tasks that wait because no worker takes them: once for each queue and task name, a
  // second after they were submitted.
  bool warn_of_unserved = true;

  // Tasks whose result has not come, at most. This limit and the next two are at least 1, else
  // Error{option_out_of_range}. Client::map() may exceed each of them by one group of tasks.
  std::size_t max_outstanding = 1'000'000;
  // Tasks among them that the broker has not acknowledged, at most.
  std::size_t max_unsent = 65'536;
  // Bytes of the arguments of unacknowledged tasks, at most.
  std::size_t max_unsent_bytes = 64 * 1024 * 1024;
  // Reaction to these limits, and to a full queue at the broker.
  WhenFull when_full = WhenFull::block;
  // Time limit of WhenFull::timeout. Clamped to 0 to 366 days.
  std::chrono::milliseconds submit_timeout{30'000};

  // Longest time for which a waiting thread spins before it sleeps, yielding to runnable threads. A thread spins only
  // while recent answers have come that quickly, and for at most twice as long as they took. A round trip then costs a
  // third less, and the wait costs processor time. Longer waits sleep, as do waits with more than 16 tasks
  // outstanding, and all on a machine with one processor. 0: never; at most 10 ms.
  std::chrono::microseconds stay_awake{1000};

  // Executor of the callbacks (executor.h), kept until the client is destroyed. Empty: one callback thread of this
  // client's own, started with the first callback.
  //
  //     forkmill::ClientOptions options;
  //     options.executor = std::make_shared<forkmill::ManualExecutor>();
  std::shared_ptr<Executor> executor{};
};

}  // namespace forkmill

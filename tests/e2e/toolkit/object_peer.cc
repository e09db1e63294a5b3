// forkmill_object_peer ENDPOINT WHAT NAME: holds something of an object until it is killed.
#include <forkmill/client.h>
#include <forkmill/manager.h>
#include <forkmill/pipe.h>
#include <forkmill/queue.h>
#include <forkmill/sync.h>
#include <unistd.h>

#include <optional>
#include <string>

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  forkmill::Client client{argv[1]};
  const std::string what = argv[2];
  const std::string name = argv[3];
  forkmill::Event ready{"ready", client};

  if (what == "lock") {
    forkmill::Lock lock{name, client};
    lock.acquire();
    ready.set();
    ::pause();
  } else if (what == "rlock") {
    forkmill::RLock lock{name, client};
    lock.acquire();
    lock.acquire();
    ready.set();
    ::pause();
  } else if (what == "semaphore") {
    forkmill::Semaphore semaphore{name, 2, client};
    semaphore.acquire();
    semaphore.acquire();
    ready.set();
    ::pause();
  } else if (what == "lease") {
    forkmill::Queue<int> queue{name, 0, client};
    const auto item = queue.get_leased();
    ready.set();
    ::pause();
  } else if (what == "barrier") {
    forkmill::Barrier barrier{name, 2, {}, client};
    ready.set();
    barrier.wait();
  } else if (what == "pipe") {  // takes an end out of a queue
    forkmill::Queue<forkmill::Connection<int>> queue{name, 0, client};
    auto connection = queue.get();
    connection.send(7);
    ready.set();
    ::pause();
  } else if (what == "owner") {
    forkmill::Queue<std::string> names{name, 0, client};
    const forkmill::Lock lock{client};
    names.put(lock.name());
    ready.set();
    ::pause();
  } else if (what == "counter") {  // counts under a lock: for as many rounds as the fourth word says
    forkmill::Lock lock{name + "-lock", client};
    forkmill::Value<int> counter{name, 0, client};
    for (int i = std::stoi(argv[4]); i > 0; --i) {
      const auto hold = lock.guard();
      counter.set(counter.get() + 1);
    }
    ready.set();
  }
  return 0;
}

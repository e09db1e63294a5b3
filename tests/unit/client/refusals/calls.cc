// Calls that must not compile: one for each CASE. The line above each says what the compiler's first error must say.
#include <forkmill/process.h>
#include <forkmill/process_pool_executor.h>

#include <string>
#include <utility>
#include <vector>

using namespace forkmill;

struct Bare {
  int value = 0;
};

constexpr Task<int(int)> kSquare{"square"};
constexpr Task<double(double, double)> kAdd{"add"};
constexpr Task<void(Bare)> kBare{"bare"};
constexpr Task<Bare(int)> kGiveBare{"give_bare"};
constexpr Task<void(std::string)> kBegin{"begin"};

void call([[maybe_unused]] Client& client, [[maybe_unused]] Pool& pool,
          [[maybe_unused]] ProcessPoolExecutor& executor) {
#if CASE == 0
#elif CASE == 1   // does not convert
  client.submit(kSquare, "text");
#elif CASE == 2   // narrowing
  pool.apply(kSquare, 3.7);
#elif CASE == 3   // more or fewer arguments
  pool.apply_async(kAdd, 1.0);
#elif CASE == 4   // does not convert
  Process process{kSquare, std::string{"text"}};
#elif CASE == 5   // narrowing
  Process process{{.name = "a"}, kSquare, 3.7};
#elif CASE == 6   // MSGPACK_DEFINE
  executor.submit(kBare, Bare{});
#elif CASE == 7   // MSGPACK_DEFINE
  client.submit(kGiveBare, 1).get();
#elif CASE == 8   // narrowing
  pool.map(kSquare, std::vector<double>{1.5});
#elif CASE == 9   // does not convert
  pool.imap(kSquare, std::vector<std::string>{"a"});
#elif CASE == 10  // not a range
  pool.map(kSquare, 7);
#elif CASE == 11  // starmap is for several
  pool.map(kAdd, std::vector<double>{1.5});
#elif CASE == 12  // a tuple, a pair or an array
  pool.starmap(kAdd, std::vector<double>{1.5});
#elif CASE == 13  // narrowing
  pool.starmap(Task<int(int, int)>{"a"}, std::vector<std::pair<int, double> >{});
#elif CASE == 14  // narrowing
  pool.apply_async(kSquare, {3.7}, [](int) {});
#elif CASE == 15  // a whole number
  Pool other{{.max_tasks_per_child = 1.5}};
#elif CASE == 16  // a whole number
  pool.map(kSquare, std::vector<int>{1}, 2.5);
#elif CASE == 17  // does not convert
  Pool other{{.initializer = {kBegin, 5}}};
#elif CASE == 18  // narrowing
  client.map(kSquare, std::vector<double>{1.5});
#elif CASE == 19  // a whole number
  ProcessPoolExecutor other{{.max_workers = 2.0}};
#endif
}

// The names that the examples of the header comments and of the pages share; tests/docs/examples compiles them with it.
// Nothing here is ever run. An example that needs another name declares it.
#pragma once

#include <forkmill/client.h>
#include <forkmill/dict.h>
#include <forkmill/errors.h>
#include <forkmill/exec.h>
#include <forkmill/executor.h>
#include <forkmill/list.h>
#include <forkmill/local.h>
#include <forkmill/manager.h>
#include <forkmill/pipe.h>
#include <forkmill/pool.h>
#include <forkmill/process.h>
#include <forkmill/process_pool_executor.h>
#include <forkmill/queue.h>
#include <forkmill/registered.h>
#include <forkmill/sync.h>
#include <forkmill/wait_ready.h>
#include <forkmill/worker.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>
#include <mutex>
#include <random>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

// Types of the user's program.
struct Scene {
  int frames = 0;
  MSGPACK_DEFINE(frames)
};
struct Thumbnail {
  std::string path;
  MSGPACK_DEFINE(path)
};
struct Server {
  bool reachable() const;
};
namespace My {
struct Type {};
}  // namespace My

// The tasks.
inline constexpr forkmill::Task<double(double, double)> kAdd{"math.add"};
inline constexpr forkmill::Task<int(int)> kSquare{"math.square"};
inline constexpr forkmill::Task<int(int)> kTwice{"math.twice"};
inline constexpr forkmill::Task<int(std::string)> kCountWords{"text.count_words"};
inline constexpr forkmill::Task<std::string(std::string)> kGreet{"greet"};
inline constexpr forkmill::Task<Thumbnail(std::string)> kThumbnail{"image.thumbnail"};
inline constexpr forkmill::Task<void(std::string, int)> kResize{"image.resize"};
inline constexpr forkmill::Task<void(Scene)> kRender{"scene.render"};
inline constexpr forkmill::Task<void(std::string)> kConnect{"connect"};
inline constexpr forkmill::Task<void(forkmill::Connection<std::string>)> kWork{"work"};

// Objects and values of the user's program.
extern forkmill::Client& client;
extern forkmill::Worker& worker;
extern forkmill::Pool& pool;
extern forkmill::ProcessPoolExecutor& executor;
extern forkmill::Queue<std::string>& lines;
extern Server server;
extern const std::string path;
extern const std::vector<std::string> paths;
extern const std::vector<int> numbers;

// Functions of the user's program.
void merge(int words);
void print(double value);
void complain(const std::exception& error);
void show(const Thumbnail& thumbnail);
void work(const std::string& line);
void render(const Scene& scene, int frame);

// A program of a user's that needs no broker: local://.
#include <forkmill/local.h>
#include <forkmill/pool.h>

#include <iostream>

namespace {

inline constexpr forkmill::Task<int(int)> kSquare{"consumer.square"};
int square(int n) { return n * n; }
const forkmill::Registered kSquareHere{kSquare, square};

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  forkmill::Pool pool{{.processes = 2}};
  for (const int value : pool.map(kSquare, std::vector{1, 2, 3})) std::cout << value << "\n";
}

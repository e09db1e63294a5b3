// A program with a client that has been answered once: says so on its output, and then ends by itself ("end") or waits
// to be killed.
#include <forkmill/client.h>
#include <unistd.h>

#include <iostream>
#include <string>

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  forkmill::Client client{argv[1]};
  client.query(forkmill::QueryKind::ping).get_for(std::chrono::seconds{60});
  std::cout << "answered" << std::endl;
  while (std::string{argv[2]} != "end") ::pause();
  return 0;
}

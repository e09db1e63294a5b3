#include "tests/sim/shards/route.h"

#include <utility>

namespace forkmill::sim {

using namespace std::chrono_literals;

Route::Route(World& world, const Addresses& addresses, std::string name, std::vector<std::string> endpoints,
             Line::Owner owner)
    : world_{world},
      addresses_{addresses},
      endpoints_{std::move(endpoints)},
      line_{*addresses.find(endpoints_.front()), std::move(name), std::move(owner)} {
  connect(endpoints_.front());
}

bool Route::redirect(const std::string& address) {
  if (addresses_.find(address) == nullptr) return false;
  is_redirected_ = true;
  connect(address);
  return true;
}

std::optional<Line::Event> Route::next_event() {
  auto event = line_.next_event();
  if (!event) return event;
  if (event->kind == Line::Event::up) {
    is_connected_ = true;
    patience_.set(proto::kNever);
  }
  if (event->kind == Line::Event::down) {
    is_connected_ = false;
    is_redirected_ ? try_next() : connect(endpoints_[at_]);
  }
  return event;
}

void Route::try_next() {
  is_redirected_ = false;
  at_ = (at_ + 1) % endpoints_.size();
  connect(endpoints_[at_]);
}

// Where nothing listens, a connection is refused at once; a broken network says nothing.
void Route::connect(const std::string& address) {
  Network& network = *addresses_.find(address);
  is_connected_ = false;
  line_.move_to(network);
  patience_.set(world_.now() + (network.is_open() ? world_.random.between(Instant{1500ms}, Instant{3s})
                                                  : world_.random.between(Instant{20ms}, Instant{300ms})));
}

void Route::give_up() {
  if (!is_connected_) try_next();
}

}  // namespace forkmill::sim

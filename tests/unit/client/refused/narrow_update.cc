// Fractions that are put into a dict of integers.
#include <forkmill/manager.h>

#include <map>

void update(forkmill::Dict<std::string, int>& dict) { dict.update(std::map<std::string, double>{{"a", 3.9}}); }

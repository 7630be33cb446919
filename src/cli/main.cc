#include <cstdio>
int main() { std::puts("rlar"); }

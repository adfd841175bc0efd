/* Preloaded into SyncEvolution by syncevolution-setup.sh; without effect where it is not needed.
 *
 * Debian 12 built SyncEvolution 2.0.0 so that it passes C++ objects to curl_easy_setopt() where libcurl expects plain
 * function pointers, and the first request crashes. Here the two callbacks are replaced by plain functions that call
 * the C++ member functions which were meant. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>

#define CURLOPT_WRITEFUNCTION 20011
#define CURLOPT_READFUNCTION 20012

typedef size_t (*transfer)(void *agent, void *buffer, size_t size);

static transfer reader, writer;

static size_t give_bytes(void *buffer, size_t size, size_t count, void *agent)
{
    return reader(agent, buffer, size * count);
}

static size_t take_bytes(void *buffer, size_t size, size_t count, void *agent)
{
    return writer(agent, buffer, size * count);
}

int curl_easy_setopt(void *handle, int option, ...)
{
    int (*original)(void *, int, ...) = (int (*)(void *, int, ...))dlsym(RTLD_NEXT, "curl_easy_setopt");
    va_list rest;
    void *value;

    va_start(rest, option);
    value = va_arg(rest, void *);
    va_end(rest);
    reader = (transfer)dlsym(RTLD_DEFAULT, "_ZN7SyncEvo18CurlTransportAgent8readDataEPvm");
    writer = (transfer)dlsym(RTLD_DEFAULT, "_ZN7SyncEvo18CurlTransportAgent9writeDataEPvm");
    if (option == CURLOPT_READFUNCTION && reader) value = (void *)give_bytes;
    if (option == CURLOPT_WRITEFUNCTION && writer) value = (void *)take_bytes;
    return original(handle, option, value);
}

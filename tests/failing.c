/* A drive that fails, for programs under test: LD_PRELOAD puts this before the C library.

   Of all calls that touch what lies beneath the folder DRIVE those from the DRIVE_FROM-th on, for
   DRIVE_CALLS of them (0: for ever), end with the error DRIVE_ERRNO.  DRIVE_ONLY names the calls that
   count, with commas around each (",open,"); without it all do.  The file DRIVE_COUNT counts them for
   all processes together: 8 bytes.  FOLDED is a folder in which names that differ by letter case
   alone are one, as on many a drive.  CLOCK is added to the time of day, in seconds. */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static const char *drive, *folded, *only;
static long from, calls, shift;
static int number;
static long *count;

/* The C library's own, found once: asking again and again would take locks. */
#define REAL(result, name, ...)                                                                    \
    static result (*name##_)(__VA_ARGS__);                                                         \
    if (!name##_)                                                                                  \
    name##_ = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static int real_open(const char *path, int flags)
{
    REAL(int, open, const char *, int, ...);
    return open_(path, flags, 0600);
}

__attribute__((constructor)) static void begin(void)
{
    drive = getenv("DRIVE");
    folded = getenv("FOLDED");
    only = getenv("DRIVE_ONLY");
    from = atol(getenv("DRIVE_FROM") ?: "1");
    calls = atol(getenv("DRIVE_CALLS") ?: "0");
    number = atoi(getenv("DRIVE_ERRNO") ?: "5");
    shift = atol(getenv("CLOCK") ?: "0");
    if (!drive)
        return;
    int file = real_open(getenv("DRIVE_COUNT"), O_RDWR);
    count = file < 0 ? MAP_FAILED : mmap(0, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (count == MAP_FAILED)
        abort();
    close(file);
}

/* Make an absolute path of one that a call was given. */
static const char *whole(int at, const char *path, char *room)
{
    char base[4096], link[64];
    if (!path || path[0] == '/')
        return path;
    if (at == AT_FDCWD) {
        if (!getcwd(base, sizeof base))
            return path;
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", at);
        ssize_t length = readlink(link, base, sizeof base - 1);
        if (length < 0)
            return path;
        base[length] = 0;
    }
    snprintf(room, 8192, "%s%s%s", base, *path ? "/" : "", path);
    return room;
}

static int is_beneath(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return !strncmp(path, folder, length) && (!path[length] || path[length] == '/');
}

static int fails(const char *call, const char *path)
{
    char name[32];
    if (!drive || !path || !is_beneath(path, drive))
        return 0;
    snprintf(name, sizeof name, ",%s,", call);
    if (only && !strstr(only, name))
        return 0;
    long now = __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
    if (now < from || (calls && now >= from + calls))
        return 0;
    errno = number;
    return 1;
}

static int path_fails(const char *call, int at, const char *path)
{
    char room[8192];
    return drive && fails(call, whole(at, path, room));
}

static int file_fails(const char *call, int file)
{
    char link[64], path[4096];
    if (!drive)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    char *gone = strstr(path, " (deleted)");
    if (gone)
        *gone = 0;
    return fails(call, path);
}

/* Give names the letter case in which they stand. */
static const char *as_it_stands(int at, const char *path, char *room)
{
    char absolute[8192];
    if (!folded || !path)
        return path;
    const char *asked = whole(at, path, absolute);
    if (!is_beneath(asked, folded))
        return path;
    REAL(DIR *, opendir, const char *);
    REAL(struct dirent *, readdir64, DIR *);
    strcpy(room, folded);
    const char *rest = asked + strlen(folded);
    while (*rest) {
        while (*rest == '/')
            rest++;
        size_t length = strcspn(rest, "/");
        if (!length)
            break;
        DIR *folder = opendir_(room);
        size_t end = strlen(room);
        snprintf(room + end, 8192 - end, "/%.*s", (int)length, rest);
        for (struct dirent *entry; folder && (entry = readdir64_(folder));)
            if (strlen(entry->d_name) == length && !strncasecmp(entry->d_name, rest, length)) {
                strcpy(room + end + 1, entry->d_name);
                break;
            }
        if (folder)
            closedir(folder);
        rest += length;
    }
    return room;
}

#define STANDS(at, path)                                                                           \
    char room_of_##path[8192];                                                                     \
    path = as_it_stands(at, path, room_of_##path)

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        REAL(int, name, const char *, int, ...);                                                   \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        int mode = va_arg(more, int);                                                              \
        va_end(more);                                                                              \
        STANDS(AT_FDCWD, path);                                                                    \
        return path_fails("open", AT_FDCWD, path) ? -1 : name##_(path, flags, mode);               \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                               \
    int name(int at, const char *path, int flags, ...)                                             \
    {                                                                                              \
        REAL(int, name, int, const char *, int, ...);                                              \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        int mode = va_arg(more, int);                                                              \
        va_end(more);                                                                              \
        STANDS(at, path);                                                                          \
        return path_fails("open", at, path) ? -1 : name##_(at, path, flags, mode);                 \
    }
OPENAT(openat)
OPENAT(openat64)

/* A call on a path: its name among the calls, what it gives where it fails, its arguments. */
#define PATH(result, failed, name, call, list, at, path, ...)                                      \
    result name list                                                                               \
    {                                                                                              \
        result(*real) list = (result(*) list)dlsym(RTLD_NEXT, #name);                              \
        STANDS(at, path);                                                                          \
        return path_fails(call, at, path) ? failed : real(__VA_ARGS__);                            \
    }
#define HERE AT_FDCWD
PATH(int, -1, stat, "stat", (const char *path, struct stat *to), HERE, path, path, to)
PATH(int, -1, stat64, "stat", (const char *path, struct stat64 *to), HERE, path, path, to)
PATH(int, -1, lstat, "stat", (const char *path, struct stat *to), HERE, path, path, to)
PATH(int, -1, lstat64, "stat", (const char *path, struct stat64 *to), HERE, path, path, to)
PATH(int, -1, fstatat, "stat", (int at, const char *path, struct stat *to, int how), at, path, at,
     path, to, how)
PATH(int, -1, fstatat64, "stat", (int at, const char *path, struct stat64 *to, int how), at, path,
     at, path, to, how)
PATH(int, -1, access, "stat", (const char *path, int mode), HERE, path, path, mode)
PATH(int, -1, mkdir, "mkdir", (const char *path, mode_t mode), HERE, path, path, mode)
PATH(int, -1, mkdirat, "mkdir", (int at, const char *path, mode_t mode), at, path, at, path, mode)
PATH(int, -1, rmdir, "rmdir", (const char *path), HERE, path, path)
PATH(int, -1, unlink, "unlink", (const char *path), HERE, path, path)
PATH(int, -1, unlinkat, "unlink", (int at, const char *path, int how), at, path, at, path, how)
PATH(int, -1, utimensat, "utime", (int at, const char *path, const struct timespec to[2], int how), at,
     path, at, path, to, how)
PATH(DIR *, NULL, opendir, "open", (const char *path), HERE, path, path)

int rename(const char *path, const char *to)
{
    REAL(int, rename, const char *, const char *);
    STANDS(AT_FDCWD, path);
    STANDS(AT_FDCWD, to);
    return path_fails("rename", AT_FDCWD, to) ? -1 : rename_(path, to);
}

#define FILE_(result, name, call, list, file, ...)                                                 \
    result name list                                                                               \
    {                                                                                              \
        result(*real) list = (result(*) list)dlsym(RTLD_NEXT, #name);                              \
        return file_fails(call, file) ? -1 : real(__VA_ARGS__);                                    \
    }
FILE_(ssize_t, read, "read", (int file, void *to, size_t size), file, file, to, size)
FILE_(ssize_t, pread, "read", (int file, void *to, size_t size, off_t at), file, file, to, size, at)
FILE_(ssize_t, pread64, "read", (int file, void *to, size_t size, off64_t at), file, file, to, size,
      at)
FILE_(ssize_t, write, "write", (int file, const void *from, size_t size), file, file, from, size)
FILE_(ssize_t, pwrite, "write", (int file, const void *from, size_t size, off_t at), file, file,
      from, size, at)
FILE_(ssize_t, pwrite64, "write", (int file, const void *from, size_t size, off64_t at), file, file,
      from, size, at)
FILE_(int, fsync, "fsync", (int file), file, file)
FILE_(int, fdatasync, "fsync", (int file), file, file)
FILE_(int, fstat, "stat", (int file, struct stat *to), file, file, to)
FILE_(int, fstat64, "stat", (int file, struct stat64 *to), file, file, to)
FILE_(int, ftruncate, "write", (int file, off_t size), file, file, size)
FILE_(int, ftruncate64, "write", (int file, off64_t size), file, file, size)
FILE_(int, flock, "lock", (int file, int how), file, file, how)

int clock_gettime(clockid_t clock, struct timespec *to)
{
    REAL(int, clock_gettime, clockid_t, struct timespec *);
    int result = clock_gettime_(clock, to);
    if (!result && clock == CLOCK_REALTIME)
        to->tv_sec += shift;
    return result;
}

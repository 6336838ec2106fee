/* A camera that is not there: /dev/video0, 640x480 YUYV at 30 pictures a second, and /dev/video1,
 * a node without pictures, for programs that have this library preloaded.
 *
 * The file named by OFFHOOK_STAND_IN holds "STATE AGE" and is read again at every call:
 *   ok      works
 *   absent  there is no such node, and whoever has it open is told so
 *   eacces  opening is forbidden
 *   busy    another program streams
 *   stall   no picture comes
 *   eio     reading a picture fails, for ever
 * A node that was opened when AGE was another number is dead: ENODEV with "ok", EIO with "eio",
 * which then spares those who open it anew. Every opening and closing of the node is written
 * into the file OFFHOOK_STAND_IN.log, a line each.
 *
 * The file descriptor is that of a real, shared piece of memory, so mmap needs no help. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WIDTH 640
#define HEIGHT 480
#define SIZE (WIDTH * HEIGHT * 2)
#define BUFFERS 4
#define PERIOD 33333333L /* nanoseconds */

static int device = -1, is_meta, born, n_buffers, streams;
static int queue[BUFFERS], n_queued;
static unsigned sequence;
static struct timespec due;
static unsigned char *memory;
static DIR *dev;
static int n_listed;

static long kernel(long number, long a, long b, long c, long d) {
    static long (*next)(long, ...);
    if (!next) next = dlsym(RTLD_NEXT, "syscall");
    return next(number, a, b, c, d, 0L, 0L);
}

static int real_open(const char *path, int flags, int mode) {
    return (int)kernel(SYS_openat, AT_FDCWD, (long)path, flags, mode);
}

static int state(char *word) {
    int age = 0;
    char text[64] = "";
    int file = real_open(getenv("OFFHOOK_STAND_IN"), O_RDONLY | O_CLOEXEC, 0);
    if (file >= 0) {
        if (read(file, text, sizeof text - 1) < 0) text[0] = 0;
        kernel(SYS_close, file, 0, 0, 0);
    }
    strcpy(word, "absent");
    sscanf(text, "%15s %d", word, &age);
    return age;
}

static void tell(const char *line) {
    char path[512];
    snprintf(path, sizeof path, "%s.log", getenv("OFFHOOK_STAND_IN"));
    int file = real_open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0) {
        if (write(file, line, strlen(line)) < 0) abort();
        kernel(SYS_close, file, 0, 0, 0);
    }
}

static int is_on(void) { return getenv("OFFHOOK_STAND_IN") != NULL; }

static int open_camera(const char *path) {
    char word[16];
    int age = state(word);
    if (!strcmp(word, "absent")) return errno = ENOENT, -1;
    if (!strcmp(word, "eacces")) return errno = EACCES, -1;
    if (device >= 0) return errno = EBUSY, -1;
    device = memfd_create("camera", MFD_CLOEXEC);
    if (ftruncate(device, (off_t)SIZE * BUFFERS)) abort();
    memory = mmap(NULL, SIZE * BUFFERS, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);
    born = age;
    is_meta = !strcmp(path, "/dev/video1");
    n_buffers = n_queued = streams = 0;
    return device;
}

static int open_any(const char *path, int flags, int mode) {
    if (is_on()) {
        if (!strcmp(path, "/dev/video0") || !strcmp(path, "/dev/video1")) return open_camera(path);
        if (!strncmp(path, "/sys/class/video4linux/video", 28)) {
            const char *text = strstr(path, "/name") ? "Stand-in Camera\n" : path[28] == '0' ? "0\n" : "1\n";
            int file = memfd_create("about", MFD_CLOEXEC);
            if (write(file, text, strlen(text)) < 0) abort();
            lseek(file, 0, SEEK_SET);
            return file;
        }
    }
    return real_open(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;
    va_end(more);
    return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;
    va_end(more);
    return open_any(path, flags, mode);
}

int close(int fd) {
    if (fd >= 0 && fd == device) {
        munmap(memory, SIZE * BUFFERS);
        if (streams) tell("left streaming\n");
        if (sequence) tell("closed\n");
        sequence = 0;
        device = -1;
    }
    return (int)kernel(SYS_close, fd, 0, 0, 0);
}

DIR *opendir(const char *path) {
    static DIR *(*next)(const char *);
    if (!next) next = dlsym(RTLD_NEXT, "opendir");
    DIR *opened = next(path);
    if (is_on() && !strcmp(path, "/dev")) dev = opened, n_listed = 0;
    return opened;
}

struct dirent64 *readdir64(DIR *dir) {
    static struct dirent64 *(*next)(DIR *), entry;
    if (!next) next = dlsym(RTLD_NEXT, "readdir64");
    char word[16];
    if (dir == dev && n_listed < 2 && (state(word), strcmp(word, "absent"))) {
        /* The one without pictures first: the order of a directory is anybody's. */
        sprintf(entry.d_name, "video%d", 1 - n_listed++);
        entry.d_ino = 1;
        entry.d_type = DT_CHR;
        return &entry;
    }
    struct dirent64 *read = next(dir);
    while (read && dir == dev && !strncmp(read->d_name, "video", 5)) read = next(dir);
    return read;
}

/* The error of whoever uses the device now, or 0. */
static int dead(char *word) {
    int age = state(word);
    if (!strcmp(word, "absent")) return ENODEV;
    if (age != born) return !strcmp(word, "eio") ? EIO : ENODEV;
    return 0;
}

int poll(struct pollfd *fds, nfds_t n, int timeout) {
    static int (*next)(struct pollfd *, nfds_t, int);
    if (!next) next = dlsym(RTLD_NEXT, "poll");
    if (n != 1 || fds->fd < 0 || fds->fd != device) return next(fds, n, timeout);
    for (int waited = 0; timeout < 0 || waited < timeout; waited += 5) {
        char word[16];
        struct timespec now, pause = {0, 5000000};
        clock_gettime(CLOCK_MONOTONIC, &now);
        int is_due = now.tv_sec > due.tv_sec || (now.tv_sec == due.tv_sec && now.tv_nsec >= due.tv_nsec);
        if (dead(word) || (is_due && strcmp(word, "stall") && n_queued)) {
            fds->revents = POLLIN;
            return 1;
        }
        nanosleep(&pause, NULL);
    }
    return 0;
}

static int set_format(struct v4l2_format *it) {
    if (it->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || is_meta) return EINVAL;
    memset(&it->fmt.pix, 0, sizeof it->fmt.pix);
    it->fmt.pix.width = WIDTH;
    it->fmt.pix.height = HEIGHT;
    it->fmt.pix.pixelformat = V4L2_PIX_FMT_YUYV;
    it->fmt.pix.field = V4L2_FIELD_NONE;
    it->fmt.pix.colorspace = V4L2_COLORSPACE_SRGB;
    it->fmt.pix.bytesperline = WIDTH * 2;
    it->fmt.pix.sizeimage = SIZE;
    return 0;
}

static int dequeue(struct v4l2_buffer *it) {
    if (!streams || !n_queued) return EINVAL;
    it->index = queue[0];
    memmove(queue, queue + 1, sizeof queue[0] * --n_queued);
    it->bytesused = SIZE;
    it->flags = V4L2_BUF_FLAG_MAPPED | V4L2_BUF_FLAG_DONE;
    it->sequence = sequence++;
    if (sequence == 1) tell("opened\n");
    /* Grey, and lighter from picture to picture; no colour. */
    for (int i = 0; i < SIZE; i += 2) {
        memory[(size_t)it->index * SIZE + i] = 16 + it->sequence % 200;
        memory[(size_t)it->index * SIZE + i + 1] = 128;
    }
    due.tv_nsec += PERIOD;
    if (due.tv_nsec >= 1000000000L) due.tv_nsec -= 1000000000L, due.tv_sec++;
    return 0;
}

static int control(unsigned long request, void *argument) {
    char word[16];
    int error = dead(word), is_busy = !strcmp(word, "busy");
    /* After such an error the queue can be stopped and given back. */
    int is_end = request == VIDIOC_STREAMOFF || request == VIDIOC_REQBUFS;
    if (error == ENODEV || (error && !is_end)) return error;
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *it = argument;
        memset(it, 0, sizeof *it);
        strcpy((char *)it->driver, "stand-in");
        strcpy((char *)it->card, "Stand-in Camera");
        strcpy((char *)it->bus_info, "nowhere");
        it->device_caps = V4L2_CAP_STREAMING | (is_meta ? V4L2_CAP_META_CAPTURE : V4L2_CAP_VIDEO_CAPTURE);
        it->capabilities = it->device_caps | V4L2_CAP_DEVICE_CAPS;
        return 0;
    }
    case VIDIOC_ENUM_FMT: {
        struct v4l2_fmtdesc *it = argument;
        if (it->index || it->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || is_meta) return EINVAL;
        it->pixelformat = V4L2_PIX_FMT_YUYV;
        return 0;
    }
    case VIDIOC_ENUM_FRAMESIZES: {
        struct v4l2_frmsizeenum *it = argument;
        if (it->index) return EINVAL;
        it->type = V4L2_FRMSIZE_TYPE_DISCRETE;
        it->discrete.width = WIDTH;
        it->discrete.height = HEIGHT;
        return 0;
    }
    case VIDIOC_ENUM_FRAMEINTERVALS: {
        struct v4l2_frmivalenum *it = argument;
        if (it->index) return EINVAL;
        it->type = V4L2_FRMIVAL_TYPE_DISCRETE;
        it->discrete.numerator = 1;
        it->discrete.denominator = 30;
        return 0;
    }
    case VIDIOC_S_FMT:
        return is_busy ? EBUSY : set_format(argument);
    case VIDIOC_G_FMT:
        return set_format(argument);
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: {
        struct v4l2_streamparm *it = argument;
        memset(&it->parm, 0, sizeof it->parm);
        it->parm.capture.timeperframe.numerator = 1;
        it->parm.capture.timeperframe.denominator = 30;
        return 0;
    }
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *it = argument;
        if (it->count && is_busy) return EBUSY;
        if (it->count > BUFFERS) it->count = BUFFERS;
        n_buffers = it->count;
        n_queued = 0;
        return 0;
    }
    case VIDIOC_QUERYBUF: {
        struct v4l2_buffer *it = argument;
        if ((int)it->index >= n_buffers) return EINVAL;
        it->length = SIZE;
        it->m.offset = it->index * SIZE;
        return 0;
    }
    case VIDIOC_QBUF: {
        struct v4l2_buffer *it = argument;
        if ((int)it->index >= n_buffers || n_queued == BUFFERS) return EINVAL;
        for (int i = 0; i < n_queued; i++)
            if (queue[i] == (int)it->index) return EINVAL;
        queue[n_queued++] = it->index;
        return 0;
    }
    case VIDIOC_STREAMON:
        streams = 1;
        clock_gettime(CLOCK_MONOTONIC, &due);
        return 0;
    case VIDIOC_STREAMOFF:
        streams = n_queued = 0;
        return 0;
    case VIDIOC_DQBUF:
        return dequeue(argument);
    }
    return ENOTTY;
}

/* v4l reaches the kernel by this, not by ioctl(). */
long syscall(long number, ...) {
    va_list more;
    va_start(more, number);
    long a = va_arg(more, long), b = va_arg(more, long), c = va_arg(more, long);
    long d = va_arg(more, long), e = va_arg(more, long), f = va_arg(more, long);
    va_end(more);
    if (number == SYS_ioctl && device >= 0 && (int)a == device) {
        int error = control((unsigned long)b & 0xffffffffUL, (void *)c);
        if (error) return errno = error, -1;
        return 0;
    }
    static long (*next)(long, ...);
    if (!next) next = dlsym(RTLD_NEXT, "syscall");
    return next(number, a, b, c, d, e, f);
}

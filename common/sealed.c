#include "sealed.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

int
sealed_close(int fd, struct err *err)
{
	return fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) == -1
		   ? err_sys(err, "seal a memory file")
		   : 0;
}

int
sealed_size(int fd, uint64_t *size_bytes, struct err *err)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (seals == -1 || (seals & SEALS) != SEALS)
		return err_set(err, "a memory file is not sealed");
	if (fstat(fd, &st) == -1)
		return err_sys(err, "look at a memory file");
	*size_bytes = (uint64_t)st.st_size;
	return 0;
}

module languages

go 1.19
